/** Which client operations each proposal carried, so that none takes effect twice (I7). */
import type { Ballot } from '../../../../src/replication/linearizable/ballot.js';
import type { Site } from '../../../../src/replication/linearizable/site.js';
import { changes as changingOpcodes } from '../../../../src/wire/requests.js';
import type { BookedState, Report } from './state-book.js';

export class AttemptBook {
  /** `client:id` of each operation, by key and ballot. */
  readonly #proposals = new Map<string, Map<Ballot, readonly string[]>>();
  /** Reads that were applied between changes, in one proposal: they may see what no state ever held. */
  readonly #amidst = new Set<string>();
  readonly #report: Report;

  constructor(report: Report) {
    this.#report = report;
  }

  /** Notes what the node's changes under way have proposed. */
  turned({ changes }: Site): void {
    for (const { key, attempts, operations } of changes) {
      if (operations.length > 1) for (const { client, id } of operations) this.#amidst.add(`${client}:${id}`);
      if (attempts.length === 0) continue;
      const proposals = this.#proposals.get(key) ?? new Map<Ballot, readonly string[]>();
      this.#proposals.set(key, proposals);
      for (const { ballot } of attempts) {
        if (proposals.has(ballot)) continue;
        const clients = operations.filter(({ client, opcode }) => client >= 0 && changingOpcodes.has(opcode));
        proposals.set(
          ballot,
          clients.map(({ client, id }) => `${client}:${id}`),
        );
      }
    }
  }

  isAmidst(client: number, id: number): boolean {
    return this.#amidst.has(`${client}:${id}`);
  }

  /** A state was chosen: the proposals that it descends from carry each operation once. */
  chose(key: string, { recent }: BookedState): void {
    const proposals = this.#proposals.get(key);
    if (proposals === undefined) return;
    const seen = new Map<string, Ballot>();
    for (const ballot of recent) {
      for (const operation of proposals.get(ballot) ?? []) {
        const before = seen.get(operation);
        if (before !== undefined)
          this.#report(
            'I7',
            `operation ${operation} took effect on "${key}" twice: by the proposals ${before} and ${ballot}`,
          );
        seen.set(operation, ballot);
      }
    }
  }
}
