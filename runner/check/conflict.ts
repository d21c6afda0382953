/** Why no order explains some operations: the few that contradict each other, and a sentence about them. */
import { isUtf8 } from 'node:buffer';
import { arrayFromBytes, textFromBytes } from '../../src/bytes.js';
import type { Content, ObservedOperation } from './observed.js';

export interface Conflict {
  /** Some of those that contradict each other, without repetition. */
  readonly operations: readonly ObservedOperation[];
  readonly why: string;
}

/** A content for people: quoted text, cut when long; bytes that are no text in hexadecimal; `absent`. */
export function showContent(content: Content): string {
  if (content === null) return 'absent';
  const head = content.length > 40 ? content.slice(0, 40) : content;
  const array = arrayFromBytes(content);
  const shown = isUtf8(array)
    ? JSON.stringify(textFromBytes(content).slice(0, 40))
    : `0x${Buffer.from(head, 'latin1').toString('hex')}`;
  return content.length > 40 ? `${shown}... (${content.length} bytes)` : shown;
}

/** An operation for people: what was asked and what came of it. */
export function showOperation({ action, endNs }: ObservedOperation): string {
  const unknown = endNs === Infinity ? ' (outcome unknown)' : '';
  switch (action.type) {
    case 'get':
      return `get found ${showContent(action.output)}`;
    case 'put':
      return `put ${showContent(action.value)}${unknown}`;
    case 'delete':
      return `delete${action.existed === undefined ? '' : action.existed ? ' found a value' : ' found nothing'}${unknown}`;
    case 'exchange':
      return `cas ${showContent(action.expected)} to ${showContent(action.value)}${unknown === '' ? ' accepted' : unknown}`;
    case 'refusal':
      return `cas of ${showContent(action.expected)} refused${action.actual === undefined ? '' : `, found ${showContent(action.actual)}`}`;
    case 'append':
      return `append ${showContent(action.value)}${action.length === undefined ? '' : `, then ${action.length} bytes`}${unknown}`;
    case 'incr':
      return `incr ${action.by}${action.result === undefined ? '' : `, then ${action.result}`}${unknown}`;
  }
}

/** Its start and end in nanoseconds, as the history has them. */
export function showTimes({ startNs, endNs }: ObservedOperation): string {
  return `[${startNs}, ${endNs === Infinity ? '...' : endNs}]`;
}

/** How a sentence names an operation. */
export function nameOperation(operation: ObservedOperation): string {
  return `line ${operation.line} (${showOperation(operation)})`;
}

export function conflict(operations: readonly (ObservedOperation | undefined)[], why: string): Conflict {
  return { operations: [...new Set(operations)].filter((operation) => operation !== undefined), why };
}
