/**
 * Search for an order that explains one key's operations: Wing and Gong, "Testing and verifying concurrent objects"
 * (1993), with Lowe's remembered configurations, "Testing for linearizability" (2017); porcupine's checker is the same.
 *
 *     calls and returns, in time:   a( b( a) c( b) c)        `x` may come next when its call stands before the first
 *     taken operations are lifted out of the list             return: nothing that is left had ended before it began
 */
import type { CheckLimits, CheckRules } from './limits.js';
import { initialState, stateText, step, type KeyState } from './model.js';
import { contentBefore, isOptional, isRead, type ObservedOperation } from './observed.js';
import { TakenSet } from './taken-set.js';

export type SearchResult =
  | { readonly type: 'legal'; readonly order: readonly ObservedOperation[] }
  | { readonly type: 'illegal' }
  | { readonly type: 'exhausted'; readonly why: string };

/** Steps that searches may still take, over all keys. */
export interface StepBudget {
  stepsLeft: number;
}

/** An operation taken, and what else could have been done in its place. */
interface Choice {
  readonly operation: number;
  readonly before: KeyState;
  readonly results: readonly KeyState[];
  readonly chosen: number;
  /** A read that the state already explains: taking it at once is never wrong, so nothing else need be tried. */
  readonly forced: boolean;
}

/** Cost: linear where operations hardly overlap, exponential in the overlap at worst; the limits end it. */
export function searchOrder(
  history: readonly ObservedOperation[],
  rules: CheckRules,
  limits: CheckLimits,
  budget: StepBudget,
): SearchResult {
  const operations = history.toSorted((a, b) => a.startNs - b.startNs);
  const calls = new CallList(operations);
  const taken = new TakenSet(operations.map(isOptional));
  const seen = new Set<string>();
  const stateNumbers = new Map<string, number>();
  const lazy = areAllExact(operations);
  const choices: Choice[] = [];
  let state = initialState(rules);
  let memoCharacters = 0;
  let stepsLeft = Math.min(limits.stepsPerKeyMax, budget.stepsLeft);
  const end = (result: SearchResult, stepsAtStart: number): SearchResult => {
    budget.stepsLeft -= stepsAtStart - stepsLeft;
    return result;
  };
  const stepsAtStart = stepsLeft;

  /** Whether this set of operations with this state after them is new; remembers it. */
  const isNew = (after: KeyState): boolean => {
    const text = stateText(after);
    const known = stateNumbers.get(text);
    const number = known ?? stateNumbers.size;
    if (known === undefined) {
      stateNumbers.set(text, number);
      memoCharacters += text.length;
    }
    const configuration = `${number} ${taken.text()}`;
    if (seen.has(configuration)) return false;
    seen.add(configuration);
    memoCharacters += configuration.length + 32;
    stepsLeft -= configuration.length >> 4;
    return true;
  };
  /** Takes the operation with the first result from `from` on that leads somewhere new. */
  const take = (operation: number, results: readonly KeyState[], from: number): boolean => {
    const same = isRead(calls.operation(operation)) ? results.indexOf(state) : -1;
    taken.add(operation);
    const chosen = same >= 0 ? same : results.findIndex((result, index) => index >= from && isNew(result));
    const after = results[chosen];
    if (after === undefined) {
      taken.remove(operation);
      return false;
    }
    calls.lift(operation);
    choices.push({ operation, before: state, results, chosen, forced: same >= 0 });
    state = after;
    return true;
  };

  let place = calls.first();
  while (taken.required > 0) {
    if (--stepsLeft <= 0)
      return end({ type: 'exhausted', why: 'the search took too many steps' }, stepsAtStart);
    if (memoCharacters > limits.memoCharactersMax)
      return end({ type: 'exhausted', why: 'the search took too much memory' }, stepsAtStart);
    if (calls.isCall(place)) {
      const operation = calls.operation(place);
      const useless = lazy && isOptional(operation) && !calls.isObservedNext(operation);
      const results = useless ? [] : step(state, operation.action, rules);
      place = results.length > 0 && take(place, results, 0) ? calls.first() : calls.after(place);
      continue;
    }
    // An operation that is left had to take effect by here, and nothing that may come next does: go back.
    let choice = choices.pop();
    for (; choice !== undefined; choice = choices.pop()) {
      calls.unlift(choice.operation);
      taken.remove(choice.operation);
      state = choice.before;
      if (!choice.forced) break;
    }
    if (choice === undefined) return end({ type: 'illegal' }, stepsAtStart);
    place = take(choice.operation, choice.results, choice.chosen + 1)
      ? calls.first()
      : calls.after(choice.operation);
  }
  return end(
    { type: 'legal', order: choices.map((choice) => calls.operation(choice.operation)) },
    stepsAtStart,
  );
}

/**
 * Whether each operation overwrites all or tells the very content that it found. Then one that may never have happened
 * need be taken only right before an operation that observed its value: else the next one overwrites it unseen.
 */
function areAllExact(operations: readonly ObservedOperation[]): boolean {
  return operations.every(
    ({ action }) =>
      action.type === 'put' ||
      (action.type === 'delete' && action.existed !== true) ||
      contentBefore(action) !== undefined,
  );
}

/** Calls and returns in the order of time, linked, so that an operation is lifted out and put back at no cost (Knuth's dancing links). */
class CallList {
  readonly #operations: readonly ObservedOperation[];
  /** Of calls (numbered as their operations), then of returns, then the head. */
  readonly #next: Int32Array;
  readonly #previous: Int32Array;
  readonly #head: number;

  /** `operations` in the order of their starts. */
  constructor(operations: readonly ObservedOperation[]) {
    const count = operations.length;
    this.#operations = operations;
    this.#head = 2 * count;
    this.#next = new Int32Array(2 * count + 1);
    this.#previous = new Int32Array(2 * count + 1);
    const returns = operations
      .flatMap((operation, index) => (isOptional(operation) ? [] : [{ index, timeNs: operation.endNs }]))
      .sort((a, b) => a.timeNs - b.timeNs);
    let last = this.#head;
    let returned = 0;
    const link = (node: number): void => {
      this.#next[last] = node;
      this.#previous[node] = last;
      last = node;
    };
    operations.forEach((operation, call) => {
      // A call at the very time of a return stands before it: the two overlap.
      for (
        let next = returns[returned];
        next !== undefined && next.timeNs < operation.startNs;
        next = returns[returned]
      ) {
        link(count + next.index);
        returned++;
      }
      link(call);
    });
    for (const { index } of returns.slice(returned)) link(count + index);
    link(this.#head);
  }

  first(): number {
    return this.after(this.#head);
  }

  after(node: number): number {
    return this.#next[node] ?? this.#head;
  }

  isCall(node: number): boolean {
    return node < this.#operations.length;
  }

  operation(call: number): ObservedOperation {
    const operation = this.#operations[call];
    if (operation === undefined) throw new Error(`no operation has the number ${call}`);
    return operation;
  }

  lift(call: number): void {
    this.#unlink(call);
    if (!isOptional(this.operation(call))) this.#unlink(this.#operations.length + call);
  }

  /** Only in the reverse order of lifting. */
  unlift(call: number): void {
    if (!isOptional(this.operation(call))) this.#relink(this.#operations.length + call);
    this.#relink(call);
  }

  /** Whether an operation that may come next says that it found what this one left. */
  isObservedNext(writer: ObservedOperation): boolean {
    const { action } = writer;
    const left = action.type === 'delete' ? null : 'value' in action ? action.value : undefined;
    for (let node = this.first(); this.isCall(node); node = this.after(node)) {
      const operation = this.operation(node);
      if (operation !== writer && contentBefore(operation.action) === left) return true;
    }
    return false;
  }

  #unlink(node: number): void {
    const [previous = 0, next = 0] = [this.#previous[node], this.#next[node]];
    this.#next[previous] = next;
    this.#previous[next] = previous;
  }

  #relink(node: number): void {
    const [previous = 0, next = 0] = [this.#previous[node], this.#next[node]];
    this.#next[previous] = node;
    this.#previous[next] = node;
  }
}
