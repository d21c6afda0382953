/** Which states bind which: I5, where a state was chosen by being brought along by all members (R6). */
import { expect } from 'chai';
import { ballotOf } from '../../../src/replication/linearizable/ballot.js';
import type { Register } from '../../../src/replication/linearizable/register.js';
import { StateBook } from '../../../runner/simulator/arena/monitor/state-book.js';
import { a, b, c, d } from '../../replication/linearizable/harness.js';

const base = ballotOf(1, 1, 0);
const deleted = ballotOf(1, 2, 0);
const above = ballotOf(1, 3, 1);

function register(accepted: number, value: string | undefined, version: number, recent: number[]): Register {
  return {
    key: 'k',
    accepted,
    value: value ?? '',
    tombstone: value === undefined,
    version,
    recent,
  } as unknown as Register;
}

/** Version 1 is chosen in epoch 1; a delete that only a accepted there is brought into epoch 2 by all of its members. */
function broughtAlong(): { readonly book: StateBook; readonly found: string[] } {
  const found: string[] = [];
  const book = new StateBook(
    (invariant) => found.push(invariant),
    () => undefined,
  );
  for (const { id } of [a, b]) book.held(register(base, 'v', 1, [base]), id, 1, 2, false);
  book.held(register(deleted, undefined, 2, [base, deleted]), a.id, 1, 2, false);
  for (const { id } of [a, c, d]) book.held(register(deleted, undefined, 2, [base, deleted]), id, 2, 3, true);
  return { book, found };
}

describe('The book of states', () => {
  it('excuses a member that accepts above it in its own epoch, and does not know that this has ended', () => {
    const { book, found } = broughtAlong();
    book.held(register(above, 'w', 2, [base, above]), b.id, 1, 2, false);
    expect(found).to.deep.equal([]);
  });

  it('does not excuse such a state in the epoch that it was brought into', () => {
    const { book, found } = broughtAlong();
    book.held(register(above, 'w', 2, [base, above]), b.id, 1, 2, false);
    book.held(register(above, 'w', 2, [base, above]), c.id, 2, 3, true);
    expect(found).to.deep.equal(['I5']);
  });

  it('excuses nobody from what a quorum accepted in that epoch', () => {
    const { book, found } = broughtAlong();
    book.held(register(above, 'w', 1, [above]), b.id, 1, 2, false);
    expect(found).to.deep.equal(['I5']);
  });
});
