/** A client under virtual time whose nodes are scripts: what was sent is kept, and tests answer by hand. */
import { arrayFromBytes, emptyBytes, trustBytes, type ByteString } from '../../src/bytes.js';
import { trustIdentifier, type Identifier } from '../../src/chord/identifier.js';
import { sha1FirstWord } from '../../src/chord/sha1.js';
import { createClient, type ClientCore } from '../../src/client/client.js';
import { defaultClientSettings, type ClientSettings } from '../../src/client/state.js';
import type { Peer } from '../../src/peer.js';
import { createRandom } from '../../src/random.js';
import {
  createReplyWriter,
  finishReplies,
  readRequests,
  writeReply,
  type Request,
  type Status,
} from '../../src/wire/requests.js';
import { createVirtualClock } from '../../runner/simulator/virtual-clock.js';

export interface SentRequest extends Request {
  readonly to: Identifier;
  readonly batch: number;
}

export interface FakeNodes {
  readonly core: ClientCore;
  readonly peers: readonly Peer[];
  /** Ends the turn: batches leave, promises settle. Answers what was sent since the last call. */
  turn(): Promise<SentRequest[]>;
  reply(request: SentRequest, status: Status, value?: string): void;
  /** Lets virtual time pass. */
  pass(milliseconds: number): Promise<void>;
}

export function fakePeer(digit: string): Peer {
  return { id: trustIdentifier(digit.repeat(40)), address: `local/${digit}`, host: 'local', incarnation: 0 };
}

export function createFakeNodes(digits: string, settings: Partial<ClientSettings> = {}): FakeNodes {
  const clock = createVirtualClock();
  const peers = [...digits].map(fakePeer);
  let deferred: (() => void)[] = [];
  let sent: SentRequest[] = [];
  let batches = 0;
  const core = createClient(
    {
      clock: {
        nowMs: () => clock.nowMs(),
        setTimeout: (callback, delayMs) => clock.set(callback, delayMs),
        clearTimeout: (handle) => clock.clear(handle),
      },
      random: createRandom(1),
      defer: (callback) => void deferred.push(callback),
      firstWord: sha1FirstWord,
      microseconds: () => clock.nowMs() * 1_000,
      sendRequests: (to, batch) => {
        batches++;
        sent.push(...readRequests(batch).map((request) => ({ ...request, to, batch: batches })));
      },
      toArray: arrayFromBytes,
      detach: (text) => text,
    },
    {
      ...defaultClientSettings,
      partitions: 256,
      replicas: 3,
      keyBytesMax: 64,
      valueBytesMax: 1_000,
      ...settings,
    },
    peers,
  );
  const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
  const turn = async (): Promise<SentRequest[]> => {
    await settled();
    const callbacks = deferred;
    deferred = [];
    for (const callback of callbacks) callback();
    const requests = sent;
    sent = [];
    return requests;
  };
  return {
    core,
    peers,
    turn,
    reply(request, status, value = '') {
      const writer = createReplyWriter();
      writeReply(writer, request.id, status, value === '' ? emptyBytes : bytes(value));
      core.receiveReplies(finishReplies(writer));
    },
    async pass(milliseconds) {
      const until = clock.nowMs() + milliseconds;
      while (clock.step(until)) await settled();
    },
  };
}

function bytes(text: string): ByteString {
  return trustBytes(text);
}
