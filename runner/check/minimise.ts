/**
 * The smallest failing part of a key: fewer operations, still impossible, each removal such that what explains the whole
 * would explain the rest as well, so that the part's contradiction is the history's own (after Zeller and Hildebrandt's
 * delta debugging, 2002).
 */
import { checkKey } from './check-key.js';
import type { Conflict } from './conflict.js';
import type { CheckLimits, CheckRules } from './limits.js';
import { isOptional, isRead, type ObservedOperation } from './observed.js';
import { kindsOfGroups, linesOf, unnamedGroups } from './removable.js';

export interface FailingPart {
  /** By their starts. An operation that had not ended when the last of them did stands with an unknown outcome. */
  readonly operations: readonly ObservedOperation[];
  /** The one whose end made the history impossible: without it there is an order. */
  readonly culprit: ObservedOperation;
  readonly conflict: Conflict | undefined;
}

/** Steps of one trial: a trial that takes more keeps what it tried to remove. */
const trialStepsMax = 300_000;

/** `operations` of one key, known to be impossible. Ends at the latest one trial after `limits.minimiseMsMax`. */
export function minimise(
  operations: readonly ObservedOperation[],
  rules: CheckRules,
  limits: CheckLimits,
): FailingPart {
  const deadlineMs = performance.now() + limits.minimiseMsMax;
  const mayGoOn = (): boolean => performance.now() < deadlineMs;
  const fails = (part: readonly ObservedOperation[]): boolean =>
    mayGoOn() && checkKey(part, rules, limits, { stepsLeft: trialStepsMax }).type === 'illegal';
  const reason = checkKey(operations, rules, limits, { stepsLeft: trialStepsMax });
  const named = linesOf(reason.type === 'illegal' ? reason.conflict : undefined);
  const { part, culprit } = shortestBeginning(namedPart(operations, named, fails), fails);
  const smallest = withoutGroups(part, fails, mayGoOn);
  const verdict = checkKey(smallest, rules, limits, { stepsLeft: trialStepsMax });
  return {
    operations: smallest.toSorted((a, b) => a.startNs - b.startNs),
    culprit,
    conflict: verdict.type === 'illegal' ? verdict.conflict : undefined,
  };
}

type Fails = (part: readonly ObservedOperation[]) => boolean;

/** What had begun when the culprit ended: a beginning of a possible history is possible, so halving finds the shortest. */
function shortestBeginning(
  operations: readonly ObservedOperation[],
  fails: Fails,
): { readonly part: readonly ObservedOperation[]; readonly culprit: ObservedOperation } {
  const ended = operations.filter((operation) => !isOptional(operation)).sort((a, b) => a.endNs - b.endNs);
  let [low, high] = [0, ended.length - 1];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (fails(beginning(operations, ended.slice(0, middle + 1)))) high = middle;
    else low = middle + 1;
  }
  const culprit = ended[high];
  if (culprit === undefined)
    throw new Error('operations that may all never have happened contradict nothing');
  return { part: beginning(operations, ended.slice(0, high + 1)), culprit };
}

/** The history when the last of `ended` had just ended: later ones have not begun, and those under way may or may not have taken effect. */
function beginning(
  operations: readonly ObservedOperation[],
  ended: readonly ObservedOperation[],
): readonly ObservedOperation[] {
  const done = new Set(ended);
  const untilNs = ended.at(-1)?.endNs ?? -Infinity;
  return operations.flatMap((operation) => {
    if (done.has(operation)) return [operation];
    if (operation.startNs > untilNs || isRead(operation)) return [];
    return [unanswered(operation)];
  });
}

/** The operation as its client knew it before the answer. */
function unanswered(operation: ObservedOperation): ObservedOperation {
  const { action } = operation;
  const endNs = Infinity;
  switch (action.type) {
    case 'delete':
      return { ...operation, endNs, action: { type: 'delete', existed: undefined } };
    case 'append':
      return { ...operation, endNs, action: { ...action, length: undefined } };
    case 'incr':
      return { ...operation, endNs, action: { ...action, result: undefined } };
    default:
      return { ...operation, endNs };
  }
}

/** At once all that a known reason does not name, where the rest stays impossible: then a large history is soon a small one. */
function namedPart(
  whole: readonly ObservedOperation[],
  named: ReadonlySet<number>,
  fails: Fails,
): readonly ObservedOperation[] {
  let part = whole;
  if (named.size === 0) return part;
  for (const groupsOf of kindsOfGroups)
    part = without(part, unnamedGroups(groupsOf(part), named), fails) ?? part;
  return part;
}

/** Removes groups of operations, first many at a time, as long as the rest stays impossible. */
function withoutGroups(
  whole: readonly ObservedOperation[],
  fails: Fails,
  mayGoOn: () => boolean,
): readonly ObservedOperation[] {
  let part = whole;
  for (;;) {
    const before = part.length;
    for (const groupsOf of kindsOfGroups) part = withoutSome(part, groupsOf(part), fails, mayGoOn);
    if (part.length === before || !mayGoOn()) return part;
  }
}

function withoutSome(
  whole: readonly ObservedOperation[],
  groups: readonly (readonly ObservedOperation[])[],
  fails: Fails,
  mayGoOn: () => boolean,
): readonly ObservedOperation[] {
  let part = whole;
  let left = groups;
  for (let size = Math.ceil(left.length / 2); size >= 1; size = size === 1 ? 0 : Math.ceil(size / 2)) {
    const kept: (readonly ObservedOperation[])[] = [];
    for (let start = 0; start < left.length; start += size) {
      if (!mayGoOn()) return part;
      const some = left.slice(start, start + size);
      const rest = without(part, some, fails);
      if (rest === undefined) kept.push(...some);
      else part = rest;
    }
    left = kept;
  }
  return part;
}

/** Undefined when the rest is no longer impossible. */
function without(
  part: readonly ObservedOperation[],
  groups: readonly (readonly ObservedOperation[])[],
  fails: Fails,
): readonly ObservedOperation[] | undefined {
  const removed = new Set(groups.flat());
  const rest = part.filter((operation) => !removed.has(operation));
  return fails(rest) ? rest : undefined;
}
