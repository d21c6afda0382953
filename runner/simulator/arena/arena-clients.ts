/**
 * The clients of the arena: connections with some lanes each, a lane having one operation under way. They send packed
 * batches to whom they believe to lead, follow its answers, and write the history.
 */
import { emptyBytes, trustBytes, type ByteString } from '../../../src/bytes.js';
import { trustIdentifier, type Identifier } from '../../../src/chord/identifier.js';
import type { Random, TimerHandle } from '../../../src/ports.js';
import type { EngineDoors } from '../../../src/replication/engine.js';
import {
  createRequestWriter,
  finishRequests,
  replyStride,
  statuses,
  writeRequest,
  type RequestWriter,
} from '../../../src/wire/requests.js';
import type { Action } from '../../check/observed.js';
import type { ArenaClient, ArenaWorld } from './arena-world.js';
import type { ArenaHistory } from './history.js';
import { contentAfter, type ArenaRequest } from './operations.js';

/** How an operation ended. `failed`: certainly without effect. */
export type Ending = 'done' | 'failed' | 'unknown';

export interface Connection extends ArenaClient {
  /** Starts an operation; `ended` is called once, later. */
  perform(request: ArenaRequest, client: number, timeoutMs: number, ended: (ending: Ending) => void): void;
}

export interface ConnectionPorts {
  readonly random: Random;
  readonly history: ArenaHistory;
  violated(invariant: string, detail: string): void;
}

interface Pending {
  readonly request: ArenaRequest;
  readonly client: number;
  readonly startNs: number;
  readonly end: (ending: Ending) => void;
  deadline: TimerHandle;
  retry: TimerHandle;
  readonly id: number;
  /** Times that a node sent it on: after two, any active member takes it. */
  moves: number;
  /** Whom it was sent to; undefined while it waits to be sent again, having had no effect. */
  at: Identifier | undefined;
}

/** A read without an answer is asked for again, elsewhere. */
const readRetryMs = 400;
const retryPauseMs = 20;
const movesMax = 100;

export function openConnection<Engine extends EngineDoors>(
  world: ArenaWorld<Engine>,
  ports: ConnectionPorts,
  /** Probability that a request goes to any node. */
  wanders = 0,
): Connection {
  const { clock } = world;
  const { random, history } = ports;
  const number = world.clients.length + 1;
  const leaders = new Map<number, Identifier>();
  const pendings = new Map<number, Pending>();
  const gone = new Set<Identifier>();
  const unsent = new Map<Identifier, RequestWriter>();
  let ids = 0;

  const flush = (): void => {
    for (const [to, writer] of unsent) world.sendRequests(number, to, finishRequests(writer));
    unsent.clear();
  };
  const send = (pending: Pending): void => {
    const { request } = pending;
    const { partition, key } = request.target;
    const wandersNow = wanders > 0 && random() < wanders;
    const to = (wandersNow ? undefined : leaders.get(partition)) ?? anyNode();
    if (to === undefined) return later(pending);
    pending.at = to;
    if (unsent.size === 0) clock.set(flush, 0);
    const writer = unsent.get(to) ?? createRequestWriter();
    unsent.set(to, writer);
    writeRequest(
      writer,
      pending.id,
      request.opcode,
      request.flags,
      pending.moves,
      partition,
      key,
      request.value,
      request.number,
    );
    if (request.unanswered !== undefined) return;
    clock.clear(pending.retry);
    pending.retry = clock.set(
      () => {
        leaders.delete(partition);
        send(pending);
      },
      readRetryMs * (1 + random()),
    );
  };
  const later = (pending: Pending): void => {
    pending.at = undefined;
    clock.clear(pending.retry);
    pending.retry = clock.set(() => send(pending), retryPauseMs * (0.5 + random()));
  };
  const anyNode = (): Identifier | undefined => {
    const live = [...world.nodes.keys()].filter((id) => !gone.has(id));
    return live[Math.floor(random() * live.length)];
  };
  const record = ({ request, client, startNs }: Pending, endNs: number, action: Action): void =>
    history.add({ client, key: request.target.key, startNs, endNs, action, unanswered: request.unanswered });
  const end = (pending: Pending, ending: Ending): void => {
    pendings.delete(pending.id);
    clock.clear(pending.deadline);
    clock.clear(pending.retry);
    const { request } = pending;
    if (ending === 'unknown' && request.unanswered !== undefined)
      record(pending, Infinity, request.unanswered);
    pending.end(ending);
  };
  /** No answer will come: a change that had been sent may have taken effect. */
  const giveUp = (pending: Pending): void => {
    const isUnknown = pending.request.unanswered !== undefined && pending.at !== undefined;
    end(pending, isUnknown ? 'unknown' : 'failed');
  };
  const follow = (pending: Pending, identifiers: readonly string[]): void => {
    const { partition } = pending.request.target;
    pending.moves = Math.min(movesMax, pending.moves + 1);
    const next = identifiers.map(trustIdentifier).find((id) => !gone.has(id));
    if (next === undefined || next === pending.at) leaders.delete(partition);
    else leaders.set(partition, next);
    if (random() < 0.7) send(pending);
    else later(pending);
  };
  const answer = (pending: Pending, status: number, value: ByteString): void => {
    const { request } = pending;
    const { partition, key } = request.target;
    switch (status) {
      case statuses.moved:
        return follow(pending, value.split(','));
      case statuses.hop:
        return follow(pending, value.split(',').slice(1));
      case statuses.tryAgain:
        leaders.delete(partition);
        return later(pending);
      case statuses.busy:
      case statuses.error:
      case statuses.noQuorum:
        return end(pending, 'failed');
      case statuses.unknown:
        if (request.unanswered === undefined)
          ports.violated('ReadUnknown', `a get of "${key}" ended unknown`);
        return end(pending, 'unknown');
    }
    if (pending.at !== undefined) leaders.set(partition, pending.at);
    const action = request.answered(status, value);
    if (action === undefined) {
      ports.violated('Reply', `operation ${request.opcode} of "${key}" was answered ${status} "${value}"`);
      return end(pending, 'failed');
    }
    record(pending, history.instant(clock.nowMs()), action);
    const content = contentAfter(action);
    if (content !== undefined) request.target.seen = content;
    end(pending, 'done');
  };
  const connection: Connection = {
    perform(request, client, timeoutMs, ended) {
      const pending: Pending = {
        request,
        client,
        startNs: history.instant(clock.nowMs()),
        end: ended,
        deadline: undefined,
        retry: undefined,
        id: ++ids,
        moves: 0,
        at: undefined,
      };
      pendings.set(pending.id, pending);
      pending.deadline = clock.set(() => {
        leaders.delete(request.target.partition);
        giveUp(pending);
      }, timeoutMs);
      send(pending);
    },
    receiveReplies({ head, text }) {
      let at = 0;
      for (let index = 0; index + replyStride <= head.length; index += replyStride) {
        const until = at + (head[index + 2] ?? 0);
        const pending = pendings.get(head[index] ?? 0);
        const value = until === at ? emptyBytes : trustBytes(text.slice(at, until));
        if (pending !== undefined) answer(pending, head[index + 1] ?? 0, value);
        at = until;
      }
    },
    readOf(id) {
      const pending = pendings.get(id);
      return pending === undefined || pending.request.unanswered !== undefined
        ? undefined
        : pending.request.target;
    },
    nodeGone(id) {
      gone.add(id);
      for (const [partition, leader] of leaders) if (leader === id) leaders.delete(partition);
      for (const pending of [...pendings.values()]) {
        if (pending.at !== id) continue;
        if (pending.request.unanswered === undefined) send(pending);
        else giveUp(pending);
      }
    },
  };
  world.clients.push(connection);
  return connection;
}
