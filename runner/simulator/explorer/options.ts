/** What can be explored: three founders of one partition, a fourth node that has copied it in advance, one key. */

export type ExploredOperation = 'increment' | 'put' | 'get';

export interface Exploration {
  readonly name: string;
  /** Each is asked once, of any of these nodes that is active, at any moment; equal ones in the order of the list. */
  readonly operations: readonly ExploredOperation[];
  /** Names of nodes. */
  readonly coordinators: string;
  /** The leader's first claim to all keys is still on its way at the start; else it is granted. */
  readonly claims: boolean;
  /** The third member wants to leave, and the leader hears of it at any moment, once: it replaces it by the fourth node. */
  readonly replaces: boolean;
  /** Any one node crashes at any moment, and any other hears of it at any later one: the home replaces it. */
  readonly crashes: boolean;
  /** Whoever leads hears which members of a new view are active; else that is lost, and only former members hear it. */
  readonly activations: boolean;
  /** Time-outs on one path, of all nodes together: ticks, and phases of a view change that have lasted their time. */
  readonly timeouts: number;
  /** By how much a node's clock goes on before it ticks: past the time to send again, past the time to give up. */
  readonly tickMs: readonly number[];
  /** Planted bugs. */
  readonly mutations: readonly string[];
}

const resentAfterMs = 130;
const givenUpAfterMs = 4_100;

const quiet = {
  coordinators: 'ABCD',
  claims: false,
  replaces: false,
  crashes: false,
  activations: false,
  timeouts: 0,
  mutations: [],
};

/** `two` ends by itself after some millions of states, `one` after tens of millions or more; `change` in no reasonable time. */
export const explorations: Readonly<Record<ExplorationName, readonly Exploration[]>> = {
  one: [
    ...['A', 'B', 'C', 'D'].map((coordinators): Exploration => ({
      ...quiet,
      name: `an increment asked of ${coordinators}, a crash, and a view change because of it`,
      operations: ['increment'],
      coordinators,
      crashes: true,
      tickMs: [resentAfterMs],
    })),
    {
      ...quiet,
      name: 'a crash, and a view change because of it',
      operations: [],
      crashes: true,
      activations: true,
      tickMs: [resentAfterMs],
    },
  ],
  two: [
    {
      ...quiet,
      name: 'two increments',
      operations: ['increment', 'increment'],
      claims: true,
      tickMs: [resentAfterMs],
    },
    {
      ...quiet,
      name: 'a put and a get',
      operations: ['put', 'get'],
      claims: true,
      tickMs: [resentAfterMs, givenUpAfterMs],
    },
  ],
  change: [
    {
      ...quiet,
      name: 'an increment, a get, and a view change for a member that leaves',
      operations: ['increment', 'get'],
      replaces: true,
      activations: true,
      timeouts: 1,
      tickMs: [resentAfterMs],
    },
    {
      ...quiet,
      name: 'an increment, and a view change for a member that leaves',
      operations: ['increment'],
      replaces: true,
      tickMs: [resentAfterMs],
    },
  ],
};

export const explorationNames = ['one', 'two', 'change'] as const;
export type ExplorationName = (typeof explorationNames)[number];

export interface ExplorationResult {
  readonly name: string;
  readonly states: number;
  readonly transitions: number;
  /** Of the states looked at last: choices from the start. */
  readonly depth: number;
  /** States that were reached, but whose choices were not looked at; 0 = exhaustive within the bounds. */
  readonly frontier: number;
  /** Different states of single nodes, and turns that engines really took. */
  readonly siteStates: number;
  readonly turns: number;
  /** States in which every operation has been answered. */
  readonly answered: number;
  /** States in which a quorum of a later view is active. */
  readonly changed: number;
  /** States without a choice. */
  readonly ends: number;
  readonly seconds: number;
  readonly violation: ExplorationViolation | undefined;
}

export interface ExplorationViolation {
  readonly invariant: string;
  readonly detail: string;
  /** The choices that lead there, one a line. */
  readonly path: readonly string[];
}
