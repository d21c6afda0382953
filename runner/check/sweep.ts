/**
 * The sweep: puts what stands at one moment (blocks whose operations all overlap, reads of an absent key, deletes) between
 * the forward zones, in the order of time.
 *
 * Everything waits for its deadline but for what is free: a read while the key is absent; a block right before something
 * else ends it. So a delete is spent only when its own time is over or when something needs the key absent, and then
 * the one with the earliest deadline: any other choice leaves fewer deletes, or more to be done, for later.
 */
import type { Block } from './blocks.js';
import { conflict, nameOperation, type Conflict } from './conflict.js';
import { Heap } from './heap.js';
import type { CheckRules } from './limits.js';
import type { ObservedOperation } from './observed.js';
import type { ZonesResult } from './zones.js';

/** What stands at one moment: its operations in order. */
export interface Job {
  readonly kind: 'block' | 'read' | 'delete';
  readonly operations: readonly ObservedOperation[];
  readonly firstEnded: ObservedOperation;
  readonly lastStarted: ObservedOperation;
  /** From when to when it may stand: never within a forward zone. */
  readonly fromNs: number;
  readonly untilNs: number;
  placed: boolean;
}

export interface Moment {
  readonly timeNs: number;
  readonly type: 'release' | 'deadline' | 'zone';
  readonly job: Job | undefined;
  readonly zone: Block | undefined;
}

/** `moments` in the order of time; at one time releases, then deadlines, then the zone that begins. */
export function sweep(moments: readonly Moment[], rules: CheckRules, pairing: boolean): ZonesResult {
  const placing = new Placing(rules, pairing);
  for (const { type, job, zone } of moments) {
    if (zone !== undefined) {
      const found = placing.placeZone(zone);
      if (found !== undefined) return { type: 'illegal', conflict: found };
    } else if (job === undefined || job.placed) continue;
    else if (type === 'release') placing.release(job);
    else {
      const found = placing.placeAtLast(job);
      if (found !== undefined) return { type: 'illegal', conflict: found };
    }
  }
  return { type: 'order', order: placing.order };
}

/** What may stand now and does not yet, by kind; those placed meanwhile are skipped when they come up. */
class Waiting {
  readonly #heap = new Heap<Job>((a, b) => a.untilNs < b.untilNs);

  add(job: Job): void {
    this.#heap.push(job);
  }

  /** The one with the earliest deadline. */
  take(): Job | undefined {
    let job = this.#heap.pop();
    while (job?.placed === true) job = this.#heap.pop();
    return job;
  }
}

class Placing {
  readonly order: ObservedOperation[] = [];
  readonly #cache: boolean;
  readonly #pairing: boolean;
  readonly #blocks = new Waiting();
  /** Blocks that begin with a compareAndSet on the absent key. */
  readonly #creations = new Waiting();
  readonly #reads = new Waiting();
  readonly #deletes = new Waiting();
  /** Deletes that found a value; kept apart only when pairing. */
  readonly #tellingDeletes = new Waiting();
  /** The operations of the block that left its value; undefined = the key is absent. */
  #present: readonly ObservedOperation[] | undefined;

  constructor(rules: CheckRules, pairing: boolean) {
    this.#cache = rules.cache;
    this.#pairing = pairing;
  }

  release(job: Job): void {
    if (job.kind === 'delete') (this.#isTelling(job) ? this.#tellingDeletes : this.#deletes).add(job);
    else if (job.kind === 'block') (needsAbsent(job) ? this.#creations : this.#blocks).add(job);
    // In a cache the key may have become absent by itself.
    else if (this.#present === undefined || this.#cache) this.#place(job);
    else this.#reads.add(job);
  }

  placeZone(zone: Block): Conflict | undefined {
    if (needsAbsent(zone)) {
      const found = this.#needAbsent(zone);
      if (found !== undefined) return found;
    } else this.#placeFree();
    for (const operation of zone.operations) this.order.push(operation);
    this.#present = zone.operations;
    return undefined;
  }

  /** Its deadline is here. */
  placeAtLast(job: Job): Conflict | undefined {
    if (job.kind === 'delete') this.#delete(job);
    else if (job.kind === 'read' || needsAbsent(job)) {
      const found = this.#needAbsent(job);
      if (found !== undefined) return found;
      this.#place(job);
    } else this.#placeFree();
    return undefined;
  }

  #needAbsent(needing: Pick<Job, 'operations'>): Conflict | undefined {
    if (this.#present === undefined || this.#cache) return undefined;
    const spent = this.#tellingDeletes.take() ?? this.#deletes.take();
    if (spent === undefined) return neverAbsent(needing.operations, this.#present);
    this.#delete(spent);
    return undefined;
  }

  #delete(job: Job): void {
    // Marked first, so that pairing does not take it for another block.
    job.placed = true;
    if (this.#isTelling(job) && this.#present !== undefined) this.#pair();
    else this.#placeFree();
    for (const operation of job.operations) this.order.push(operation);
    this.#present = undefined;
    for (let read = this.#reads.take(); read !== undefined; read = this.#reads.take()) this.#place(read);
  }

  /** What costs nothing right before something that does not care what the key holds: one creation, all other blocks. */
  #placeFree(): void {
    if (this.#pairing) this.#pair();
    if (this.#present === undefined || this.#cache) {
      const creation = this.#creations.take();
      if (creation !== undefined) this.#place(creation);
    }
    for (let block = this.#blocks.take(); block !== undefined; block = this.#blocks.take())
      this.#place(block);
  }

  /** Deletes that found a value, each with a block: together they leave the key as it was. */
  #pair(): void {
    if (!this.#pairing) return;
    for (;;) {
      const block = this.#blocks.take() ?? (this.#present === undefined ? this.#creations.take() : undefined);
      if (block === undefined) return;
      const telling = this.#tellingDeletes.take();
      if (telling === undefined) {
        (needsAbsent(block) ? this.#creations : this.#blocks).add(block);
        return;
      }
      for (const job of this.#present === undefined ? [block, telling] : [telling, block]) this.#place(job);
    }
  }

  #place(job: Job): void {
    job.placed = true;
    for (const operation of job.operations) this.order.push(operation);
    if (job.kind === 'block') this.#present = job.operations;
    else if (job.kind === 'delete') this.#present = undefined;
  }

  #isTelling(job: Job): boolean {
    const action = job.operations[0]?.action;
    return this.#pairing && action?.type === 'delete' && action.existed === true;
  }
}

function needsAbsent({ operations }: Pick<Job, 'operations'>): boolean {
  const action = operations[0]?.action;
  return action?.type === 'exchange' && action.expected === null;
}

function neverAbsent(needing: readonly ObservedOperation[], present: readonly ObservedOperation[]): Conflict {
  const [first] = needing;
  const name = first === undefined ? '' : nameOperation(first);
  return conflict(
    [first, present[0], present.at(-1)],
    `${name} needs the key absent: it held a value by then, and no delete could have taken effect in between`,
  );
}
