/**
 * Groups of operations that may be taken out of a history: what explains the whole explains the rest as well, so where
 * the rest is impossible, so is the whole.
 */
import type { Conflict } from './conflict.js';
import { contentBefore, isRead, type ObservedOperation } from './observed.js';

type Groups = readonly (readonly ObservedOperation[])[];

export function linesOf(conflict: Conflict | undefined): ReadonlySet<number> {
  return new Set(conflict?.operations.map(({ line }) => line));
}

/** The groups of which a reason names no operation. */
export function unnamedGroups(groups: Groups, named: ReadonlySet<number>): Groups {
  return groups.filter((group) => !group.some(({ line }) => named.has(line)));
}

/** The operations without all that a reason does not name, as far as it may be taken out. */
export function onlyNamed(
  operations: readonly ObservedOperation[],
  conflict: Conflict | undefined,
): readonly ObservedOperation[] {
  let part = operations;
  for (const groupsOf of kindsOfGroups) {
    const removed = new Set(unnamedGroups(groupsOf(part), linesOf(conflict)).flat());
    part = part.filter((operation) => !removed.has(operation));
  }
  return part;
}

/** Each read alone: it changes nothing, so any order is one without it too. So does what may never have happened. */
function readGroups(part: readonly ObservedOperation[]): Groups {
  return part.filter((operation) => isRead(operation)).map((operation) => [operation]);
}

/**
 * Each value with all that wrote or found it, and the values that compareAndSets made of it: without them the key holds
 * what it held before, unseen. None where an operation sees more than equality: an append, an increment, a delete that
 * tells, a refusal that does not.
 */
function valueGroups(part: readonly ObservedOperation[]): Groups {
  const seesAll = part.some(
    ({ action }) =>
      action.type === 'append' ||
      action.type === 'incr' ||
      (action.type === 'delete' && action.existed === true) ||
      (action.type === 'refusal' && action.actual === undefined),
  );
  if (seesAll) return [];
  const byValue = new Map<string, ObservedOperation[]>();
  const join = (value: string | null | undefined, operation: ObservedOperation): void => {
    if (value === null || value === undefined) return;
    const group = byValue.get(value);
    if (group === undefined) byValue.set(value, [operation]);
    else group.push(operation);
  };
  for (const operation of part) {
    const { action } = operation;
    join(contentBefore(action), operation);
    if (action.type === 'put' || action.type === 'exchange') join(action.value, operation);
  }
  return [...byValue.values()].map((group) => {
    const all = new Set(group);
    for (const { action } of all)
      if (action.type === 'exchange') for (const next of byValue.get(action.value) ?? []) all.add(next);
    return [...all];
  });
}

/** Each delete, once nothing is left that could tell whether it took effect. */
function deleteGroups(part: readonly ObservedOperation[]): Groups {
  const telling = part.some(
    ({ action }) =>
      contentBefore(action) === null ||
      action.type === 'append' ||
      action.type === 'incr' ||
      (action.type === 'delete' && action.existed === true) ||
      (action.type === 'refusal' && action.actual === undefined),
  );
  return telling ? [] : part.filter(({ action }) => action.type === 'delete').map((operation) => [operation]);
}

/** Reads first: without them, a value has few operations that a reason could name. */
export const kindsOfGroups: readonly ((part: readonly ObservedOperation[]) => Groups)[] = [
  readGroups,
  valueGroups,
  deleteGroups,
];
