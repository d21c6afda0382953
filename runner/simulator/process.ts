/** A simulated process: the gate through which everything reaches a node or client, one turn at a time. */
import type { Clock, Defer } from '../../src/ports.js';
import { createClockView, type ClockError, type VirtualClock } from './virtual-clock.js';

export type ProcessState = 'running' | 'paused' | 'stopped';

/** Runs turns: at once while running, later while paused, never once stopped. */
export interface Process {
  readonly state: ProcessState;
  /** The process's own view of time; its timers are turns too. */
  readonly clock: Clock;
  /** Runs the callback at the end of the present turn. */
  readonly defer: Defer;
  run(turn: () => void): void;
  /** Holds all turns, timers and messages alike, until `resume`. */
  pause(): void;
  /** Runs what was held, in the order in which it came. */
  resume(): void;
  /** Nothing runs any more. */
  stop(): void;
}

export interface ProcessPorts {
  /** Called after every turn and its deferred callbacks. */
  turned(): void;
  /** A turn threw. */
  threw(error: unknown): void;
}

export function createProcess(clock: VirtualClock, error: ClockError, ports: ProcessPorts): Process {
  let state: ProcessState = 'running';
  let held: (() => void)[] = [];
  let deferred: (() => void)[] = [];
  let isInTurn = false;

  const flush = (): void => {
    while (deferred.length > 0) {
      const callbacks = deferred;
      deferred = [];
      for (const callback of callbacks) callback();
    }
  };
  const isRunning = (): boolean => state === 'running';
  const run = (turn: () => void): void => {
    if (state === 'stopped') return;
    if (state === 'paused') {
      held.push(turn);
      return;
    }
    if (isInTurn) throw new Error('a turn began inside another turn of the same process');
    isInTurn = true;
    try {
      turn();
      if (isRunning()) flush();
    } catch (thrown) {
      ports.threw(thrown);
    } finally {
      isInTurn = false;
    }
    ports.turned();
  };
  return {
    get state() {
      return state;
    },
    clock: createClockView(clock, error, run),
    defer: (callback) => {
      deferred.push(callback);
      if (!isInTurn) clock.set(() => run(() => undefined), 0);
    },
    run,
    pause() {
      if (state === 'running') state = 'paused';
    },
    resume() {
      if (state !== 'paused') return;
      state = 'running';
      const turns = held;
      held = [];
      for (const turn of turns) run(turn);
    },
    stop() {
      state = 'stopped';
      held = [];
      deferred = [];
    },
  };
}
