/** The states of single nodes: the real engine put into one, given one input, and what becomes of both. */
import { deserialize, serialize } from 'node:v8';
import { emptyBytes, trustBytes } from '../../../src/bytes.js';
import type { LinearizableEngine } from '../../../src/replication/engine.js';
import type { ReplicaEnvironment } from '../../../src/replication/environment.js';
import { createLinearizableEngine } from '../../../src/replication/linearizable/engine.js';
import type { ViewMessage } from '../../../src/replication/linearizable/messages.js';
import type { Site } from '../../../src/replication/linearizable/site.js';
import { isEventualMessage } from '../../../src/replication/messages.js';
import {
  createRequestWriter,
  finishRequests,
  flags,
  opcodes,
  writeRequest,
  type Status,
} from '../../../src/wire/requests.js';
import type { Action } from './inputs.js';
import { exploredConfig, founderCount, indexOf, overlayFrom, peerOf, peers } from './members.js';
import type { ExploredOperation } from './options.js';

/** A site without its environment and overlay, as bytes: the engines alter what they are given. */
export interface SavedSite {
  readonly image: Buffer;
  readonly nowMs: number;
  /** Nodes that it knows to be dead, a bit each. */
  readonly deadBits: number;
}

export interface Said {
  readonly to: number;
  readonly message: ViewMessage;
}

export interface Reply {
  readonly id: number;
  readonly status: Status;
  readonly value: string;
}

/** Any time will do, if only it is far from 0, before which nothing can have been sent. */
const startMs = 1_000_000;

/** Request ids of a turn begin here, until they get names (request-names.ts). */
export const unnamedRequests = 2 ** 40;

export class NodeRunner {
  readonly #index: number;
  readonly #engine: LinearizableEngine;
  #said: Said[] = [];
  #replies: Reply[] = [];
  #nowMs = startMs;
  #deadBits = 0;

  constructor(index: number, mutations: readonly string[]) {
    this.#index = index;
    const environment: ReplicaEnvironment = {
      self: peerOf(index),
      config: exploredConfig,
      clock: { nowMs: () => this.#nowMs },
      random: () => 0.5,
      founders: index < founderCount ? peers.slice(0, founderCount) : [],
      send: (to, message) => {
        if (!isEventualMessage(message)) this.#said.push({ to: indexOf(to), message });
      },
      reply: (_client, id, status, value) => void this.#replies.push({ id, status, value }),
      detach: (text) => text,
      raise: () => undefined,
      mutations: new Set(mutations),
    };
    this.#engine = createLinearizableEngine(environment);
    this.#engine.site.nextRequestId = unnamedRequests;
  }

  get site(): Site {
    return this.#engine.site;
  }

  get nowMs(): number {
    return this.#nowMs;
  }

  load({ image, nowMs, deadBits }: SavedSite): void {
    this.#nowMs = nowMs;
    this.#deadBits = deadBits;
    Object.assign(this.#engine.site, deserialize(image), {
      overlay: overlayFrom(this.#index, deadBits),
      nextRequestId: unnamedRequests,
    });
  }

  save(): SavedSite {
    const { environment: _environment, overlay: _overlay, ...rest } = this.#engine.site;
    return { image: serialize(rest), nowMs: this.#nowMs, deadBits: this.#deadBits };
  }

  /** One turn. What it said and replied is handed over once. */
  act(action: Action): { readonly said: readonly Said[]; readonly replies: readonly Reply[] } {
    this.#said = [];
    this.#replies = [];
    this.#do(action);
    return { said: this.#said, replies: this.#replies };
  }

  /** Shows the engine the ring: its first turn. */
  showRing(): { readonly said: readonly Said[] } {
    this.#said = [];
    this.#seeRing();
    return { said: this.#said };
  }

  /** What follows from the ring is hinted at once, not some time later: when is among the orders, because the ring is seen at any moment. */
  #seeRing(): void {
    this.#engine.overlayChanged(overlayFrom(this.#index, this.#deadBits));
    this.#engine.site.hintsDueAtMs = this.#nowMs;
    this.#engine.tick();
  }

  #do(action: Action): void {
    const engine = this.#engine;
    switch (action.type) {
      case 'message':
        return engine.handleMessages([action.message]);
      case 'tick':
        this.#nowMs += action.milliseconds;
        return engine.tick();
      case 'viewDue':
        return engine.viewDue(0);
      case 'request':
        return engine.handleRequests(1, batchOf(action.id, action.operation));
      case 'leaving':
        engine.handleMessages([{ type: 'wantsToLeave', from: peerOf(action.who).id }]);
        return this.#seeRing();
      case 'death':
        this.#deadBits |= 1 << action.who;
        return this.#seeRing();
      case 'crash':
        return;
    }
  }
}

const key = trustBytes('k');
/** As a client sends it that was sent about: any member takes it. */
const moves = 2;

function batchOf(id: number, operation: ExploredOperation) {
  const writer = createRequestWriter();
  if (operation === 'increment')
    writeRequest(writer, id, opcodes.increment, flags.number, moves, 0, key, emptyBytes, 1);
  else if (operation === 'put') writeRequest(writer, id, opcodes.put, 0, moves, 0, key, valueOfPut(id), 0);
  else writeRequest(writer, id, opcodes.get, 0, moves, 0, key, emptyBytes, 0);
  return finishRequests(writer);
}

/** No two puts write the same. */
export function valueOfPut(id: number) {
  return trustBytes(`v${id}`);
}
