/** A client's lookup: Chord's iterative find_successor (Stoica et al. 2001, section 4.4), the asker in charge of every hop. */
import { emptyBytes, trustBytes } from '../bytes.js';
import { trustIdentifier, type Identifier } from '../chord/identifier.js';
import { opcodes, statuses } from '../wire/requests.js';
import { startOperation } from './dispatcher.js';
import type { Dispatcher } from './state.js';

/** One node asked: which table row it answered from, and how long the answer took. */
export interface LookupHop {
  readonly node: Identifier;
  readonly via: string;
  readonly micros: number;
}

export type LookupResult =
  | { readonly type: 'found'; readonly group: readonly Identifier[]; readonly hops: readonly LookupHop[] }
  | { readonly type: 'failed'; readonly reason: string };

const hopsMax = 64;
const hopTimeoutMs = 1_000;

/** Calls `done` once. Starts at the given node, or at any; nodes that do not answer are avoided. */
export function lookUp(
  dispatcher: Dispatcher,
  target: Identifier,
  startAt: Identifier | undefined,
  done: (result: LookupResult) => void,
): void {
  const hops: LookupHop[] = [];
  const avoid = new Set<Identifier>();
  /** Next bests of earlier answers, for detours. */
  let detours: Identifier[] = [];

  const ask = (node: Identifier): void => {
    if (hops.length + avoid.size >= hopsMax)
      return done({ type: 'failed', reason: `no home within ${hopsMax} hops` });
    const startedUs = dispatcher.ports.microseconds();
    const answered = (via: string): void => {
      hops.push({ node, via, micros: dispatcher.ports.microseconds() - startedUs });
    };
    startOperation(
      dispatcher,
      opcodes.route,
      0,
      0,
      trustBytes(target),
      trustBytes([...avoid].slice(-8).join(',')),
      0,
      hopTimeoutMs,
      (status, value) => {
        if (status === statuses.moved) {
          answered('home');
          done({
            type: 'found',
            group: value === emptyBytes ? [] : value.split(',').map(trustIdentifier),
            hops,
          });
        } else if (status === statuses.hop) {
          const [via = '', ...next] = value.split(',');
          answered(via);
          detours = [...next.map(trustIdentifier), ...detours].slice(0, 32);
          askNext();
        } else {
          avoid.add(node);
          askNext();
        }
      },
      (error) => {
        if (error.code === 'CLOSED') return done({ type: 'failed', reason: error.message });
        avoid.add(node);
        askNext();
      },
      node,
    );
  };

  const askNext = (): void => {
    const asked = new Set(hops.map((hop) => hop.node));
    const usable = (id: Identifier): boolean => dispatcher.links.has(id) && !avoid.has(id) && !asked.has(id);
    const next = detours.find(usable) ?? randomNode(dispatcher, usable);
    if (next === undefined) done({ type: 'failed', reason: 'no node answers' });
    else ask(next);
  };

  if (startAt === undefined) askNext();
  else ask(startAt);
}

function randomNode(dispatcher: Dispatcher, usable: (id: Identifier) => boolean): Identifier | undefined {
  const ids = [...dispatcher.links.keys()].filter(usable);
  return ids[Math.floor(dispatcher.ports.random() * ids.length)];
}
