/** A gateway's connection without a socket: what is sent to it, and what it writes, are texts; time is a number. */
import { trustBytes, type ByteString } from '../../src/bytes.js';
import { BufferBudget } from '../../runner/gateway/buffer-budget.js';
import type { Gateway } from '../../runner/gateway/command.js';
import { commandTable } from '../../runner/gateway/commands/index.js';
import { Connection } from '../../runner/gateway/connection.js';
import { defaultLimits, type GatewayLimits } from '../../runner/gateway/limits.js';
import { createPasswordCheck } from '../../runner/gateway/passwords.js';
import { ReplyDecoder } from '../../runner/gateway/reply-decoder.js';
import type { RespValue } from '../../runner/gateway/resp-value.js';
import { encodeRequest } from '../../runner/gateway/resp-writer.js';
import { createSession, type Session } from '../../runner/gateway/session.js';
import { createFakeRing, type FakeRing } from '../support/fake-ring.js';

export interface HarnessOptions {
  readonly limits?: Partial<GatewayLimits>;
  readonly passwords?: readonly string[];
  readonly destructive?: boolean;
  readonly partitions?: number;
  readonly budget?: BufferBudget;
}

export interface Harness {
  readonly ring: FakeRing;
  readonly connection: Connection;
  readonly session: Session;
  /** One text a write, in order. */
  readonly writes: ByteString[];
  /** Bytes that the peer is to be taken not to have read. */
  unread: number;
  isReading: boolean;
  /** How the connection was closed by the gateway. */
  closed: 'end' | 'destroy' | undefined;
  /** Sends bytes as one chunk and lets promises and turns settle. */
  send(text: string): Promise<void>;
  /** Sends one request and decodes its reply. */
  call(...args: readonly string[]): Promise<RespValue>;
  /** Decodes all that was written and not yet taken. */
  replies(): RespValue[];
  settle(): Promise<void>;
  pass(ms: number): void;
}

export function createHarness(options: HarnessOptions = {}): Harness {
  const ring = createFakeRing(options.partitions);
  const gateway: Gateway = {
    submitter: ring.submitter,
    admin: ring.admin,
    commands: commandTable,
    limits: { ...defaultLimits, ...options.limits },
    port: 7379,
    startedMs: ring.nowMs,
    isDestructiveAllowed: options.destructive ?? true,
    checkPassword: createPasswordCheck(options.passwords ?? []),
    nowMs: () => ring.nowMs,
    sessions: () => [session],
    counters: () => ({
      connectionsReceived: 1,
      connectionsRejected: 0,
      commandsProcessed: connection.commandsProcessed,
      bytesReceived: 0,
      bytesSent: 0,
    }),
    connectionsMax: 1_024,
  };
  const session = createSession(
    1,
    '127.0.0.1:5000',
    '127.0.0.1:7379',
    ring.nowMs,
    gateway.checkPassword === undefined,
  );
  let taken = 0;
  const harness: Harness = {
    ring,
    session,
    writes: [],
    unread: 0,
    isReading: true,
    closed: undefined,
    get connection() {
      return connection;
    },
    async send(text) {
      connection.receive(Buffer.from(text, 'latin1'));
      await harness.settle();
    },
    async call(...args) {
      await harness.send(encodeRequest(args.map(trustBytes)));
      const [reply, ...others] = harness.replies();
      if (reply === undefined || others.length > 0) {
        throw new Error(
          `expected one reply to ${args.join(' ')}, got ${others.length === 0 ? 'none' : 'more'}`,
        );
      }
      return reply;
    },
    replies() {
      const decoder = new ReplyDecoder();
      decoder.push(Buffer.from(harness.writes.slice(taken).join(''), 'latin1'));
      taken = harness.writes.length;
      const values: RespValue[] = [];
      for (let reply = decoder.next(); reply !== undefined; reply = decoder.next()) {
        if (reply.type === 'protocolError') throw new Error(reply.message);
        values.push(reply.value);
      }
      return values;
    },
    async settle() {
      for (let turn = 0; turn < 3; turn++) await new Promise((resolve) => setImmediate(resolve));
    },
    pass(ms) {
      ring.nowMs += ms;
      connection.tick(ring.nowMs);
    },
  };
  const connection = new Connection(
    session,
    gateway,
    {
      write: (bytes) => void harness.writes.push(bytes),
      bufferedBytes: () => harness.unread,
      setReading: (isReading) => (harness.isReading = isReading),
      end: () => (harness.closed = 'end'),
      destroy: () => (harness.closed = 'destroy'),
      defer: (callback) => process.nextTick(callback),
    },
    options.budget ?? new BufferBudget(defaultLimits.buffersBytesMax),
  );
  return harness;
}
