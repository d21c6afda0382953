/** Decides one key: by zones where its values are unique, else by search; what zones do not look at is verified on their order. */
import { buildBlocks } from './blocks.js';
import type { Conflict } from './conflict.js';
import type { CheckLimits, CheckRules } from './limits.js';
import { initialState, stateText, step, type KeyState } from './model.js';
import type { ObservedOperation } from './observed.js';
import { onlyNamed } from './removable.js';
import { searchOrder, type StepBudget } from './search.js';
import { orderByZones } from './zones.js';

export type KeyVerdict =
  /** `order` explains every operation in it; those left out may never have happened. */
  | { readonly type: 'ok'; readonly order: readonly ObservedOperation[] }
  /** `conflict` where a reason smaller than the whole is known. */
  | { readonly type: 'illegal'; readonly conflict: Conflict | undefined }
  | { readonly type: 'unknown'; readonly why: string };

/** `operations` of one key, in any order. Takes its steps from the budget. */
export function checkKey(
  operations: readonly ObservedOperation[],
  rules: CheckRules,
  limits: CheckLimits,
  budget: StepBudget,
): KeyVerdict {
  const byZones = checkByZones(operations, rules);
  if (byZones !== undefined) {
    if (byZones.type !== 'illegal' || !rules.preloaded) return byZones;
    // A value from before may equal one written later: zones, which take it for unique, then refuse too much. What
    // they found to contradict is small, and search says whether it does.
    const part = onlyNamed(operations, byZones.conflict);
    if (part.length < operations.length && searchOrder(part, rules, limits, budget).type === 'illegal')
      return byZones;
  }
  if (operations.length > limits.searchedOperationsMax && operations.some(isAccumulating)) {
    const why = `${operations.length} operations, of which some append or increment: more than ${limits.searchedOperationsMax} are not searched`;
    return { type: 'unknown', why };
  }
  const searched = searchOrder(operations, rules, limits, budget);
  switch (searched.type) {
    case 'legal':
      return { type: 'ok', order: searched.order };
    case 'illegal':
      return { type: 'illegal', conflict: undefined };
    case 'exhausted':
      return { type: 'unknown', why: searched.why };
  }
}

/** Undefined where zones do not decide: values are not unique, or what they do not look at fails in their order. */
function checkByZones(operations: readonly ObservedOperation[], rules: CheckRules): KeyVerdict | undefined {
  const blocks = buildBlocks(operations, rules);
  if (blocks.type === 'notUnique') return undefined;
  if (blocks.type === 'illegal') return blocks;
  for (const pairing of [false, true]) {
    const ordered = orderByZones(blocks, rules, pairing);
    if (ordered.type === 'illegal') return pairing ? undefined : ordered;
    if (explains(ordered.order, rules)) return { type: 'ok', order: ordered.order };
  }
  return undefined;
}

/** Whether the model allows the operations in this order, and none stands after one that began when it had ended. */
export function explains(order: readonly ObservedOperation[], rules: CheckRules): boolean {
  let states: readonly KeyState[] = [initialState(rules)];
  let latestStartNs = -Infinity;
  for (const operation of order) {
    if (operation.endNs < latestStartNs) return false;
    latestStartNs = Math.max(latestStartNs, operation.startNs);
    const after = states.flatMap((state) => step(state, operation.action, rules));
    states = after.length < 2 ? after : distinct(after);
    if (states.length === 0) return false;
  }
  return true;
}

function distinct(states: readonly KeyState[]): readonly KeyState[] {
  return [...new Map(states.map((state) => [stateText(state), state])).values()];
}

function isAccumulating({ action }: ObservedOperation): boolean {
  return action.type === 'append' || action.type === 'incr';
}
