import { expect } from 'chai';
import { trustBytes } from '../../../src/bytes.js';
import { ArenaHistory } from '../../../runner/simulator/arena/history.js';
import type { Action } from '../../../runner/check/observed.js';

const key = trustBytes('k');

function put(value: string): Action {
  return { type: 'put', value: trustBytes(value) };
}

function got(value: string | null): Action {
  return { type: 'get', output: value === null ? null : trustBytes(value) };
}

/** Adds an operation that takes from one moment to another; without an end its outcome is unknown. */
function add(history: ArenaHistory, client: number, fromMs: number, untilMs: number, action: Action): void {
  const startNs = history.instant(fromMs);
  const endNs = untilMs === Infinity ? Infinity : history.instant(untilMs);
  const unanswered = action.type === 'get' ? undefined : action;
  history.add({ client, key, startNs, endNs, action, unanswered });
}

function illegal(history: ArenaHistory): number {
  return history.judge().reduce((sum, { keys }) => sum + keys.illegal, 0);
}

describe('the history of an arena', () => {
  it('may lose a change with an accepted loss, and not without one', () => {
    for (const accepted of [true, false]) {
      const history = new ArenaHistory();
      add(history, 1, 1, 2, put('a'));
      add(history, 1, 3, 4, put('b'));
      if (accepted) history.beginLineage([key], 5);
      add(history, 1, 6, 7, got('a'));
      expect(illegal(history)).to.equal(accepted ? 0 : 1);
    }
  });

  it('is judged within each lineage: what is lost later, or was stale before, is found', () => {
    for (const isLater of [true, false]) {
      const history = new ArenaHistory();
      if (isLater) history.beginLineage([key], 0.5);
      add(history, 1, 1, 2, put('a'));
      add(history, 1, 3, 4, put('b'));
      add(history, 1, 5, 6, got('a'));
      if (!isLater) history.beginLineage([key], 7);
      add(history, 1, 8, 9, got(null));
      expect(illegal(history)).to.equal(1);
    }
  });

  it('lets what was under way when the lineage began take effect on either side, and a read have seen either', () => {
    for (const seen of ['a', 'b', null]) {
      const history = new ArenaHistory();
      add(history, 1, 1, 2, put('a'));
      const startNs = history.instant(3);
      const readNs = history.instant(3);
      history.beginLineage([key], 4);
      const endNs = history.instant(5);
      history.add({ client: 2, key, startNs, endNs, action: put('b'), unanswered: put('b') });
      history.add({ client: 3, key, startNs: readNs, endNs, action: got('b'), unanswered: undefined });
      add(history, 1, 6, 7, got(seen));
      expect(illegal(history)).to.equal(0);
      add(history, 1, 8, 9, got(seen === 'a' ? null : 'a'));
      expect(illegal(history), `then another than ${String(seen)}`).to.equal(1);
    }
  });
});
