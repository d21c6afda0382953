/**
 * Blocks: where each value is written at most once, what was observed tells who followed whom. A value's write, its reads,
 * and an accepted compareAndSet with all that follows from it stand together in every order that explains the history
 * (the clusters of Gibbons and Korach, "Testing shared memories", 1997, section 4, joined by read-modify-writes).
 *
 *     put a | get a, get a | cas a b | get b       one block: four layers; only within a layer is the order free
 */
import type { ByteString } from '../../src/bytes.js';
import { conflict, nameOperation, showContent, type Conflict } from './conflict.js';
import type { CheckRules } from './limits.js';
import { contentBefore, isOptional, isRead, type ObservedOperation } from './observed.js';

/** Never empty. */
export interface Block {
  /** In an order that explains them; reads of one value by their starts. */
  readonly operations: readonly ObservedOperation[];
  /** The value that it begins with, for messages. */
  readonly value: ByteString;
  /** It holds the value from before the history: it stands before all. */
  readonly initial: boolean;
  /** The operation that ended first. -Infinity in the place of its end when `initial`. */
  readonly firstEnded: ObservedOperation;
  /** The operation that started last. */
  readonly lastStarted: ObservedOperation;
}

export interface Blocks {
  readonly type: 'blocks';
  readonly blocks: readonly Block[];
  readonly absentReads: readonly ObservedOperation[];
  readonly deletes: readonly ObservedOperation[];
}

export type BlocksResult =
  | Blocks
  /** A value is written twice, or an operation does not tell what it found. */
  | { readonly type: 'notUnique' }
  | { readonly type: 'illegal'; readonly conflict: Conflict };

interface Value {
  readonly value: ByteString;
  readonly writer: ObservedOperation | undefined;
  readonly reads: ObservedOperation[];
  exchange: ObservedOperation | undefined;
}

/** Cost: linear, and the sorting of each value's reads. */
export function buildBlocks(history: readonly ObservedOperation[], rules: CheckRules): BlocksResult {
  const writers = uniqueWriters(history);
  if (writers === undefined) return { type: 'notUnique' };
  const operations = withoutUnobserved(history, writers);
  const values = new Map<ByteString, Value>();
  for (const [value, writer] of writers)
    if (operations.has(writer)) values.set(value, { value, writer, reads: [], exchange: undefined });
  const absentReads: ObservedOperation[] = [];
  let initial: Value | undefined;
  for (const operation of operations) {
    const { action } = operation;
    const found = contentBefore(action);
    if (action.type === 'refusal' && found === action.expected)
      return illegal(
        [operation],
        `${nameOperation(operation)} was refused although it found what it expected`,
      );
    if (found === null && isRead(operation)) absentReads.push(operation);
    if (found === null || found === undefined) continue;
    let value = values.get(found);
    if (value === undefined) {
      const other = initial?.reads[0] ?? initial?.exchange;
      if (!rules.preloaded || other !== undefined)
        return illegal([operation, other], neverWritten(operation, other));
      value = initial = { value: found, writer: undefined, reads: [], exchange: undefined };
      values.set(found, value);
    }
    if (isRead(operation)) value.reads.push(operation);
    else if (value.exchange === undefined) value.exchange = operation;
    else
      return illegal(
        [value.writer, value.exchange, operation],
        `${nameOperation(value.exchange)} and ${nameOperation(operation)} both replaced the same ${showContent(found)}, written once`,
      );
  }
  const chained = chain(values);
  if ('why' in chained) return { type: 'illegal', conflict: chained };
  const deletes = [...operations].filter(
    ({ action }) => action.type === 'delete' && action.existed !== false,
  );
  return { type: 'blocks', blocks: chained, absentReads, deletes };
}

function illegal(operations: readonly (ObservedOperation | undefined)[], why: string): BlocksResult {
  return { type: 'illegal', conflict: conflict(operations, why) };
}

function neverWritten(operation: ObservedOperation, other: ObservedOperation | undefined): string {
  const base = `${nameOperation(operation)} observed a value that nothing had written`;
  return other === undefined
    ? base
    : `${base}, and so did ${nameOperation(other)}: only one can be from before`;
}

/** Who wrote each value. Undefined when a value has two writers or an operation does not tell what it found. */
function uniqueWriters(
  history: readonly ObservedOperation[],
): Map<ByteString, ObservedOperation> | undefined {
  const writers = new Map<ByteString, ObservedOperation>();
  for (const operation of history) {
    const { action } = operation;
    if (action.type === 'append' || action.type === 'incr') return undefined;
    if (action.type === 'refusal' && action.actual === undefined) return undefined;
    if (action.type !== 'put' && action.type !== 'exchange') continue;
    if (writers.has(action.value)) return undefined;
    if (action.type === 'exchange' && action.expected === action.value) return undefined;
    writers.set(action.value, operation);
  }
  return writers;
}

/** Leaves out what may never have happened and nobody saw: an order without it is one. Unknown deletes stay: who saw them cannot be told. */
function withoutUnobserved(
  history: readonly ObservedOperation[],
  writers: ReadonlyMap<ByteString, ObservedOperation>,
): ReadonlySet<ObservedOperation> {
  const kept = new Set<ObservedOperation>();
  const pending = history.filter((operation) => !isOptional(operation) || operation.action.type === 'delete');
  for (let operation = pending.pop(); operation !== undefined; operation = pending.pop()) {
    if (kept.has(operation)) continue;
    kept.add(operation);
    const found = contentBefore(operation.action);
    const writer = found === null || found === undefined ? undefined : writers.get(found);
    if (writer !== undefined && isOptional(writer)) pending.push(writer);
  }
  return kept;
}

function chain(values: ReadonlyMap<ByteString, Value>): readonly Block[] | Conflict {
  const blocks: Block[] = [];
  const left = new Set(values.values());
  for (const head of values.values()) {
    const begins = head.writer?.action;
    // The value that a compareAndSet replaced begins the block; nothing, where it replaced nothing.
    if (begins?.type === 'exchange' && begins.expected !== null) continue;
    const operations: ObservedOperation[] = [];
    let latest: ObservedOperation | undefined;
    let early: { readonly operation: ObservedOperation; readonly latest: ObservedOperation } | undefined;
    const layer = (together: readonly ObservedOperation[]): void => {
      for (const operation of together)
        if (latest !== undefined && operation.endNs < latest.startNs) early ??= { operation, latest };
      for (const operation of together) {
        operations.push(operation);
        if (latest === undefined || operation.startNs > latest.startNs) latest = operation;
      }
    };
    let value: Value | undefined = head;
    while (value !== undefined) {
      left.delete(value);
      if (value.writer !== undefined) layer([value.writer]);
      layer(value.reads.sort((a, b) => a.startNs - b.startNs));
      const next: ObservedOperation | undefined = value.exchange;
      value = next?.action.type === 'exchange' ? values.get(next.action.value) : undefined;
    }
    if (early !== undefined) return tooEarly(early.operation, early.latest, values);
    blocks.push(block(operations, head));
  }
  const [stray] = left;
  if (stray === undefined) return blocks;
  const why = 'each of these compareAndSets needs the value of another: none can be the first';
  return conflict(
    [...left].map((value) => value.writer),
    why,
  );
}

function tooEarly(
  operation: ObservedOperation,
  latest: ObservedOperation,
  values: ReadonlyMap<ByteString, Value>,
): Conflict {
  const writerOf = ({ action }: ObservedOperation): ObservedOperation | undefined => {
    const found = contentBefore(action);
    return found === undefined || found === null ? undefined : values.get(found)?.writer;
  };
  return conflict(
    [operation, latest, writerOf(operation), writerOf(latest)],
    `${nameOperation(operation)} had ended before ${nameOperation(latest)} began, and follows from it`,
  );
}

function block(operations: readonly ObservedOperation[], head: Value): Block {
  const [first] = operations;
  if (first === undefined) throw new Error('a block holds what wrote or observed its value');
  return {
    operations,
    value: head.value,
    initial: head.writer === undefined,
    firstEnded: operations.reduce((least, each) => (each.endNs < least.endNs ? each : least), first),
    lastStarted: operations.reduce((most, each) => (each.startNs > most.startNs ? each : most), first),
  };
}
