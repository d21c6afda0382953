/** The workload of the linearizable mode: real clients, all six operations, values that are written once, and the history of it all. */
import { RondoError } from '../../../src/errors.js';
import { createRandom } from '../../../src/random.js';
import { statuses } from '../../../src/wire/requests.js';
import { ArenaHistory } from '../arena/history.js';
import { contentAfter, drawKeys, drawRequest, getRequest, type ArenaRequest } from '../arena/operations.js';
import { pick } from '../faults.js';
import type { SimulatedClient } from '../simulated-client.js';
import type { World } from '../world.js';
import type { RunningWorkload } from './mode-checks.js';

export interface LinearizableWorkload extends RunningWorkload {
  readonly history: ArenaHistory;
  /** Reads every key until it is answered; the keys that are not yet. */
  readAll(client: SimulatedClient): ReadonlySet<string>;
}

/** More of one key than this make a history with appends costly to judge. */
const operationsMax = 1_500;
const lanesPerClient = 2;
/** After the deadline, what the client's own timer may be late by. */
const deadlineSlackMs = 1_000;

type Ending = 'done' | 'failed' | 'unknown';

export function startLinearizableWorkload(
  world: World,
  seed: number,
  partitions: number,
  workloadMs: number,
  violated: (invariant: string, detail: string) => void,
): LinearizableWorkload {
  const random = createRandom(`${seed}/workload`);
  const history = new ArenaHistory();
  const counts = { operations: 0, succeeded: 0 };
  const keys = drawKeys(random, 1 + Math.floor(random() * 10), partitions);
  const timeoutMs = pick(random, [1_500, 5_000, 10_000]);
  const deletes = pick(random, [0.1, 0.25, 0.5]);
  const lanes = lanesPerClient * world.clients.length;
  const meanGapMs = Math.max(pick(random, [20, 100, 500]), (lanes * workloadMs) / operationsMax);
  const open = new Set<{ readonly text: string; readonly deadlineMs: number }>();
  let numbers = 0;
  let isStopped = false;

  const perform = (
    client: SimulatedClient,
    number: number,
    request: ArenaRequest,
    ended: (ending: Ending) => void,
  ): void => {
    const { target, opcode, value, flags, number: argument, unanswered } = request;
    const { key } = target;
    const startNs = history.instant(world.clock.nowMs());
    const entry = {
      text: `operation ${opcode} of "${key}" by client ${client.number}, begun at ${world.clock.nowMs()}`,
      deadlineMs: world.clock.nowMs() + timeoutMs + deadlineSlackMs,
    };
    open.add(entry);
    counts.operations++;
    const end = (ending: Ending, detail: string): void => {
      open.delete(entry);
      if (ending === 'done') counts.succeeded++;
      if (ending === 'unknown' && unanswered !== undefined)
        history.add({ client: number, key, startNs, endNs: Infinity, action: unanswered, unanswered });
      world.trace(
        () => `client ${client.number}: operation ${opcode} of ${key} ${value} ${ending} ${detail}`,
      );
      ended(ending);
    };
    client.run(() => {
      client.ring.submitter.submit(opcode, key, value, flags, argument, { timeoutMs }).then(
        (reply) => {
          const action = request.answered(reply.status, reply.value);
          if (action === undefined) {
            if (!withoutEffect.has(reply.status) && reply.status !== statuses.unknown)
              violated(
                'Reply',
                `operation ${opcode} of "${key}" was answered ${reply.status} "${reply.value}"`,
              );
            return end(reply.status === statuses.unknown ? 'unknown' : 'failed', reply.value);
          }
          const endNs = history.instant(world.clock.nowMs());
          history.add({ client: number, key, startNs, endNs, action, unanswered });
          const content = contentAfter(action);
          if (content !== undefined) target.seen = content;
          end('done', reply.value);
        },
        (error: unknown) => {
          const code = error instanceof RondoError ? error.code : undefined;
          if (code === 'UNKNOWN') return end('unknown', code);
          if (
            code === undefined ||
            !(code === 'NOQUORUM' || code === 'BUSY' || (code === 'TIMEOUT' && unanswered === undefined))
          )
            violated('Reply', `operation ${opcode} of "${key}" ended with ${String(error)}`);
          end('failed', code ?? '');
        },
      );
    });
  };
  const runLane = (client: SimulatedClient): void => {
    let number = ++numbers;
    const next = (): void => {
      if (isStopped) return;
      const request = drawRequest(random, pick(random, keys), counts.operations + 1, deletes);
      perform(client, number, request, (ending) => {
        if (ending === 'unknown') number = ++numbers;
        world.clock.set(next, 2 * meanGapMs * random());
      });
    };
    world.clock.set(next, 100 + 1_000 * random());
  };
  for (const client of world.clients) for (let lane = 0; lane < lanesPerClient; lane++) runLane(client);

  return {
    counts,
    history,
    stop: () => void (isStopped = true),
    findStuck() {
      const now = world.clock.nowMs();
      for (const { text, deadlineMs } of open) if (deadlineMs < now) return text;
      return undefined;
    },
    readAll(client) {
      const unread = new Set<string>(keys.map(({ key }) => key));
      for (const target of keys) {
        const read = (): void =>
          perform(client, ++numbers, getRequest(target), (ending) => {
            if (ending === 'done') unread.delete(target.key);
            else world.clock.set(read, 100);
          });
        read();
      }
      return unread;
    },
  };
}

/** Answers after which a change certainly had no effect. */
const withoutEffect: ReadonlySet<number> = new Set([statuses.busy, statuses.error, statuses.noQuorum]);
