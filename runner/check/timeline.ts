/** A failing part as a picture: one self-contained HTML page, clients as lanes, operations as bars in the order of their times. */
import { textFromBytes } from '../../src/bytes.js';
import type { KeyFailure } from './check-history.js';
import { nameOperation, showOperation, showTimes } from './conflict.js';
import { isOptional, type ObservedOperation } from './observed.js';

/** Operations drawn; the page says when there are more. */
const drawnMax = 400;
const laneHeight = 46;
const labelWidth = 110;
const stepWidth = 90;

/** All text from the history is escaped; the page loads nothing and runs nothing. */
export function timelinePage(failure: KeyFailure): string {
  const drawn = failure.operations.slice(0, drawnMax);
  const key = JSON.stringify(textFromBytes(failure.key));
  const more = failure.operations.length - drawn.length;
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>${escape(`rondo check: key ${key}`)}</title>
<style>
body { font: 14px/1.5 ui-sans-serif, system-ui, sans-serif; margin: 1.5rem; color: #1c2430; background: #f4f5f7; }
h1 { font-size: 1.2rem; }
figure { margin: 1rem 0; padding: 0.75rem; background: #fff; border-radius: 8px; overflow-x: auto; }
svg text { font: 12px ui-monospace, monospace; fill: #1c2430; }
.lane { stroke: #e3e6ea; }
.bar { fill: #bcd2f5; stroke: #4a78c2; }
.write { fill: #cfe8cf; stroke: #4c924c; }
.unknown { fill: #f3ecd2; stroke: #a58a2a; stroke-dasharray: 4 3; }
.culprit { fill: #f6c5c1; stroke: #c43b3b; stroke-width: 2; }
svg .client { fill: #667080; }
li.culprit-line { color: #c43b3b; }
code { font: 12px ui-monospace, monospace; }
</style>
<h1>${escape(`Key ${key}: no order explains these ${failure.operations.length} of its ${failure.observed} operations`)}</h1>
<p>${escape(whySentence(failure))}</p>
<p>Red: the operation whose end made it impossible. Green: a change; blue: a read; dashed: the outcome is unknown when the picture ends. Times stand in their order, not to scale.${more > 0 ? ` ${more} more operations are not drawn.` : ''}</p>
<figure>${timeline(drawn, failure.culprit)}</figure>
<ol>
${failure.operations.map((operation) => listItem(operation, failure.culprit)).join('\n')}
</ol>
</html>
`;
}

/** Why, where a reason is known; else which operation cannot be placed. */
export function whySentence({ conflict, culprit }: KeyFailure): string {
  return conflict?.why ?? `every order fails at the latest at ${nameOperation(culprit)}`;
}

function timeline(operations: readonly ObservedOperation[], culprit: ObservedOperation): string {
  const times = operations.flatMap(({ startNs, endNs }) =>
    endNs === Infinity ? [startNs] : [startNs, endNs],
  );
  const places = new Map([...new Set(times)].sort((a, b) => a - b).map((time, index) => [time, index]));
  const width = labelWidth + (places.size + 1) * stepWidth;
  const lanes = lanesOf(operations);
  const x = (timeNs: number): number => labelWidth + (places.get(timeNs) ?? places.size) * stepWidth;
  const parts = lanes.map((lane, index) => {
    const y = index * laneHeight;
    const bars = lane.operations.map((operation) => {
      const left = x(operation.startNs);
      // An operation that took no time is still seen.
      const right = Math.max(left + 10, x(operation.endNs) + (isOptional(operation) ? stepWidth / 2 : 0));
      return bar(operation, kindOf(operation, culprit), left, right, y);
    });
    const line = `<line class="lane" x1="0" x2="${width}" y1="${y + laneHeight - 2}" y2="${y + laneHeight - 2}"/>`;
    return `${line}<text class="client" x="4" y="${y + 34}">${escape(lane.name.slice(0, 14))}</text>${bars.join('')}`;
  });
  const height = lanes.length * laneHeight + 4;
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img" aria-label="timeline">${parts.join('\n')}</svg>`;
}

interface Lane {
  readonly name: string;
  readonly operations: ObservedOperation[];
}

/** A lane for each client, and one more wherever a client's operations overlap. */
function lanesOf(operations: readonly ObservedOperation[]): readonly Lane[] {
  const lanes: Lane[] = [];
  for (const operation of operations.toSorted((a, b) => a.startNs - b.startNs)) {
    const name = `client ${operation.client}`;
    const free = lanes.find(
      (lane) => lane.name === name && (lane.operations.at(-1)?.endNs ?? -Infinity) < operation.startNs,
    );
    if (free === undefined) lanes.push({ name, operations: [operation] });
    else free.operations.push(operation);
  }
  return lanes.sort((a, b) => a.name.localeCompare(b.name, 'en', { numeric: true }));
}

function kindOf(operation: ObservedOperation, culprit: ObservedOperation): string {
  if (operation.line === culprit.line) return 'culprit';
  if (isOptional(operation)) return 'unknown';
  const { type } = operation.action;
  return type === 'get' || type === 'refusal' ? 'bar' : 'bar write';
}

function bar(operation: ObservedOperation, kind: string, left: number, right: number, y: number): string {
  const title = `${nameOperation(operation)}, client ${operation.client}, ${showTimes(operation)}`;
  const label = showOperation(operation);
  // Labels stand above their bars: a short bar would cut them.
  return (
    `<g><title>${escape(title)}</title>` +
    `<text x="${left}" y="${y + 16}">${escape(label.length > 40 ? `${label.slice(0, 39)}\u2026` : label)}</text>` +
    `<rect class="${kind}" x="${left}" y="${y + 22}" width="${right - left}" height="16" rx="3"/></g>`
  );
}

function listItem(operation: ObservedOperation, culprit: ObservedOperation): string {
  const mark = operation.line === culprit.line ? ' class="culprit-line"' : '';
  const text = `line ${operation.line}  client ${operation.client}  ${showOperation(operation)}  ${showTimes(operation)}`;
  return `<li${mark}><code>${escape(text)}</code></li>`;
}

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

function escape(text: string): string {
  return text.replace(/[&<>"']/g, (character) => entities[character] ?? '');
}
