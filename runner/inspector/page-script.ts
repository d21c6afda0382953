/** The inspector's script, run by the browser: asks for the overlay and the counters every second and draws them. */
import type { NodeStatus, WithoutQuorum } from '../../src/admin.js';
import { chartText, lostText, viewsText } from './chart-text.js';
import { ringPicture } from './ring-picture.js';

/** The part of a page that this script touches; the project compiles without the DOM's types. */
interface PageElement {
  innerHTML: string;
  textContent: string | null;
  className: string;
  replaceChildren(...children: PageElement[]): void;
  append(...children: PageElement[]): void;
}
declare const document: {
  getElementById(id: string): PageElement | null;
  createElement(name: string): PageElement;
};

const periodMs = 1_000;
const counters = ['reads', 'writes', 'hits', 'misses', 'evictions', 'records', 'copies', 'bytes'] as const;

interface Stats {
  readonly ring: Readonly<Record<(typeof counters)[number], number>> & {
    readonly partitionsWithoutQuorum: readonly WithoutQuorum[];
  };
  readonly latency: { readonly p50Us: number; readonly p99Us: number };
  readonly hops: { readonly lookups: number; readonly mean: number };
}

async function refresh(): Promise<void> {
  try {
    const [nodes, stats] = await Promise.all([ask<NodeStatus[]>('/overlay.json'), ask<Stats>('/stats.json')]);
    // The picture escapes every text that it holds.
    element('ring').innerHTML = ringPicture(nodes);
    element('nodes').replaceChildren(...nodes.map(nodeRow));
    element('charts').replaceChildren(...nodes.map(chartRow));
    const lost = stats.ring.partitionsWithoutQuorum;
    element('lost').replaceChildren(...lost.map(lostRow));
    element('counters').replaceChildren(...counterRows(stats));
    if (lost.length === 0) say(`${nodes.length} nodes`, '');
    else say(`${nodes.length} nodes; ${lost.length} partitions do not answer: they have no quorum`, 'lost');
  } catch (error) {
    say(`the ring does not answer: ${error instanceof Error ? error.message : String(error)}`, 'lost');
  }
  setTimeout(() => void refresh(), periodMs);
}

async function ask<T>(path: string): Promise<T> {
  const response = await fetch(path);
  if (!response.ok) throw new Error(`${path}: ${response.status}`);
  // The server is this project's own and answers with these shapes.
  return (await response.json()) as T;
}

function nodeRow(node: NodeStatus): PageElement {
  const short = (id: string): string => id.slice(0, 8);
  return row([
    [node.address, ''],
    [short(node.id), 'id'],
    [node.state, ''],
    [node.predecessor === null ? '-' : short(node.predecessor), 'id'],
    [node.successors.map(short).join(' '), 'id'],
    [String(node.partitionsLed), ''],
    [String(node.records), ''],
  ]);
}

function chartRow(node: NodeStatus): PageElement {
  return row([
    [node.address, ''],
    [viewsText(node), ''],
    [chartText(node), 'chart'],
  ]);
}

function lostRow(lost: WithoutQuorum): PageElement {
  const [partition, epoch, waitsFor] = lostText(lost);
  return row([
    [partition, ''],
    [epoch, ''],
    [waitsFor, 'chart'],
  ]);
}

function counterRows(stats: Stats): PageElement[] {
  const rows: [string, string][] = counters.map((name) => [name, String(stats.ring[name])]);
  rows.push(
    ['p50 latency (us)', stats.latency.p50Us.toFixed(0)],
    ['p99 latency (us)', stats.latency.p99Us.toFixed(0)],
  );
  rows.push(['lookups', String(stats.hops.lookups)], ['hops of a lookup', stats.hops.mean.toFixed(2)]);
  return rows.map(([name, value]) =>
    row([
      [name, ''],
      [value, ''],
    ]),
  );
}

function row(cells: readonly (readonly [text: string, className: string])[]): PageElement {
  const tr = document.createElement('tr');
  for (const [text, className] of cells) {
    const td = document.createElement('td');
    td.textContent = text;
    td.className = className;
    tr.append(td);
  }
  return tr;
}

function say(text: string, className: string): void {
  const status = element('status');
  status.textContent = text;
  status.className = className;
}

function element(id: string): PageElement {
  const found = document.getElementById(id);
  if (found === null) throw new Error(`the page has no element ${id}`);
  return found;
}

void refresh();
