/** An operation as one client observed it: the unit of a history, what the checker orders. */
import type { ByteString } from '../../src/bytes.js';

/** A key's value; null = the key is absent. */
export type Content = ByteString | null;

/** What was asked and what was answered. An undefined answer says nothing: not recorded, or never received. */
export type Action =
  | { readonly type: 'get'; readonly output: Content }
  | { readonly type: 'put'; readonly value: ByteString }
  | { readonly type: 'delete'; readonly existed: boolean | undefined }
  /** A compareAndSet that took effect: the key held `expected`. */
  | { readonly type: 'exchange'; readonly expected: Content; readonly value: ByteString }
  /** A compareAndSet that was refused: a read of `actual`, or of anything but `expected` where that is not recorded. */
  | { readonly type: 'refusal'; readonly expected: Content; readonly actual: Content | undefined }
  /** `length` in bytes, after the append. */
  | { readonly type: 'append'; readonly value: ByteString; readonly length: number | undefined }
  /** `result` after the addition; an absent key counts as 0. */
  | { readonly type: 'incr'; readonly by: bigint; readonly result: bigint | undefined };

export interface ObservedOperation {
  /** Where the history says so; counts from 1, and tells operations apart. */
  readonly line: number;
  readonly client: string;
  readonly key: ByteString;
  /** On one clock for all clients. */
  readonly startNs: number;
  /** Not before `startNs`. Infinity when the outcome is unknown: it may take effect at any time after its start, or never. */
  readonly endNs: number;
  readonly action: Action;
}

/** Whether the operation may never have happened. */
export function isOptional(operation: ObservedOperation): boolean {
  return operation.endNs === Infinity;
}

/** Whether the operation certainly changes nothing. */
export function isRead({ action }: ObservedOperation): boolean {
  return (
    action.type === 'get' ||
    action.type === 'refusal' ||
    (action.type === 'delete' && action.existed === false)
  );
}

/** What the operation says the key held before it; undefined where it says nothing, or not all. */
export function contentBefore(action: Action): Content | undefined {
  switch (action.type) {
    case 'get':
      return action.output;
    case 'refusal':
      return action.actual;
    case 'exchange':
      return action.expected;
    case 'delete':
      return action.existed === false ? null : undefined;
    case 'put':
    case 'append':
    case 'incr':
      return undefined;
  }
}
