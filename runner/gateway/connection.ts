/**
 * One client's connection: requests in, replies out in the same order, and the limits that keep it from taking more than
 * its share. It knows no socket and no timer: both are put in place from outside.
 */
import { trustBytes, type ByteString } from '../../src/bytes.js';
import type { Defer } from '../../src/ports.js';
import type { BufferBudget } from './buffer-budget.js';
import type { Command, Gateway } from './command.js';
import { findOverdue } from './deadlines.js';
import { dispatch } from './dispatch.js';
import { KeyUses } from './key-uses.js';
import { errorFrom, failureValue } from './outcome.js';
import { ReplyQueue, type ReplySlot } from './reply-queue.js';
import { RequestParser, type Request } from './resp-parser.js';
import { errorValue, type RespValue } from './resp-value.js';
import { encodeValue, type Protocol } from './resp-writer.js';
import type { Session } from './session.js';

/** What a connection needs of its socket. */
export interface ConnectionPorts {
  /** At most once a turn. */
  write(bytes: ByteString): void;
  /** Bytes written that the peer has not taken. `drained` is called when they become few. */
  bufferedBytes(): number;
  setReading(isReading: boolean): void;
  /** Closes when all that was written is on its way. */
  end(): void;
  /** Closes at once. */
  destroy(): void;
  readonly defer: Defer;
}

/** `open`; `finishing` = nothing more is read, what was asked is answered; `closed` = nothing more is said. */
type Phase = 'open' | 'finishing' | 'closed';

export class Connection {
  readonly session: Session;
  commandsProcessed = 0;
  private readonly gateway: Gateway;
  private readonly ports: ConnectionPorts;
  private readonly budget: BufferBudget;
  private readonly parser: RequestParser;
  private readonly replies = new ReplyQueue();
  private readonly keyUses = new KeyUses();
  private phase: Phase = 'open';
  /** A request that must not overtake an earlier one. */
  private held: Request | undefined;
  private isBarrierRunning = false;
  private isReading = true;
  private isFlushDue = false;
  private hasInputEnded = false;
  /** Since when a request is half received. */
  private frameStartedMs: number | undefined;
  private outputOverSinceMs: number | undefined;
  private unauthenticatedBytes = 0;
  private budgeted = 0;

  constructor(session: Session, gateway: Gateway, ports: ConnectionPorts, budget: BufferBudget) {
    this.session = session;
    this.gateway = gateway;
    this.ports = ports;
    this.budget = budget;
    this.parser = new RequestParser(gateway.limits, gateway.limits.argumentsMax);
    this.adoptAuthentication();
  }

  receive(chunk: Buffer): void {
    if (this.phase !== 'open') return;
    this.session.activeMs = this.gateway.nowMs();
    this.parser.push(chunk);
    if (!this.session.isAuthenticated) this.unauthenticatedBytes += chunk.length;
    this.pump();
  }

  /** The peer will send nothing more; it is still answered. */
  inputEnded(): void {
    this.hasInputEnded = true;
    this.pump();
  }

  drained(): void {
    this.limitOutput();
    this.pump();
  }

  /** The socket is gone. */
  closed(): void {
    this.phase = 'closed';
    this.held = undefined;
    this.replies.clear();
    this.settleBudget();
  }

  /** Answers what was asked, then closes. */
  finish(): void {
    if (this.phase !== 'open') return;
    this.phase = 'finishing';
    this.held = undefined;
    this.setReading(false);
    this.flushLater();
  }

  /** Closes a connection that has run out of one of its times; to be called about once a second. */
  tick(nowMs: number): void {
    if (this.phase === 'closed') return;
    const { session, frameStartedMs, outputOverSinceMs, inFlight } = this;
    const overdue = findOverdue(
      { session, frameStartedMs, outputOverSinceMs, inFlight },
      this.gateway.limits,
      nowMs,
    );
    if (overdue?.type === 'output') this.destroy();
    else if (this.phase === 'finishing') return;
    else if (overdue?.type === 'input') this.refuse(overdue.message);
    else if (overdue?.type === 'idle') this.finish();
  }

  private get inFlight(): number {
    return this.replies.waiting;
  }

  private get outputBytes(): number {
    return this.replies.readyBytes + this.replies.heldBytes + this.ports.bufferedBytes();
  }

  /** Starts requests until there are none, or no more may run. */
  private pump(): void {
    if (this.phase !== 'open') return;
    let isStalled = false;
    let hasTaken = false;
    while (this.phase === 'open') {
      isStalled = this.isFull();
      const request = isStalled ? undefined : (this.held ?? this.parser.next());
      if (request === undefined) break;
      hasTaken = true;
      this.held = undefined;
      if (!this.start(request)) {
        this.held = request;
        isStalled = true;
        break;
      }
      if (this.session.isQuitting) this.finish();
    }
    if (this.phase === 'open') this.afterPump(isStalled, hasTaken);
    this.settleBudget();
  }

  private afterPump(isStalled: boolean, hasTaken: boolean): void {
    if (this.hasInputEnded && !isStalled) return this.finish();
    this.setReading(!isStalled);
    const isHalf = !isStalled && this.parser.midFrame;
    if (!isHalf) this.frameStartedMs = undefined;
    else if (hasTaken || this.frameStartedMs === undefined) this.frameStartedMs = this.gateway.nowMs();
    const { unauthenticatedBytesMax } = this.gateway.limits;
    if (!this.session.isAuthenticated && this.unauthenticatedBytes > unauthenticatedBytesMax) {
      this.refuse(`ERR more than ${unauthenticatedBytesMax} bytes before authentication`);
    } else if (this.budget.isFull && this.parser.pendingBytes > this.gateway.limits.valueBytesMax) {
      this.refuse('BUSY the buffers of this server are full');
    }
  }

  private isFull(): boolean {
    const { limits } = this.gateway;
    return (
      this.isBarrierRunning ||
      this.inFlight >= limits.requestsInFlightMax ||
      this.outputBytes > limits.outputPauseBytes
    );
  }

  /** False when the request must wait for earlier ones; then nothing has happened. */
  private start(request: Request): boolean {
    if (request.type === 'protocolError') this.refuse(request.message);
    else if (request.type === 'refused') this.answer(errorValue(request.message));
    else return this.startCommand(request.args);
    return true;
  }

  private startCommand(args: readonly ByteString[]): boolean {
    const found = dispatch(args, this.session, this.gateway);
    if (found.type === 'error') {
      this.answer(found);
      return true;
    }
    const { command, keys } = found;
    if (command.isBarrier ? this.inFlight > 0 : this.keyUses.conflicts(keys, command.effect)) return false;
    this.commandsProcessed++;
    this.session.lastCommand = command.name;
    if (this.budget.isFull && !command.flags.includes('fast')) {
      this.answer(errorValue('BUSY the buffers of this server are full'));
    } else {
      this.run(command, args, keys);
    }
    return true;
  }

  private run(command: Command, args: readonly ByteString[], keys: readonly ByteString[]): void {
    const { session, gateway } = this;
    const { effect, isBarrier } = command;
    let answer: RespValue | Promise<RespValue>;
    try {
      answer = command.handler({ args, session, gateway });
    } catch (thrown) {
      answer = failureValue(errorFrom(thrown), effect);
    }
    if (!(answer instanceof Promise)) {
      this.answer(answer);
      if (command.flags.includes('no_auth')) this.adoptAuthentication();
      return;
    }
    const slot = this.replies.open();
    const { protocol } = session;
    this.keyUses.add(keys, effect);
    this.isBarrierRunning = isBarrier;
    const settle = (value: RespValue) => {
      this.keyUses.remove(keys, effect);
      if (isBarrier) this.isBarrierRunning = false;
      this.answerLater(slot, value, protocol);
    };
    answer.then(settle, (thrown: unknown) => settle(failureValue(errorFrom(thrown), effect)));
  }

  private answer(value: RespValue): void {
    this.replies.add(encodeValue(value, this.session.protocol));
    this.flushLater();
  }

  private answerLater(slot: ReplySlot, value: RespValue, protocol: Protocol): void {
    if (this.phase === 'closed') return;
    this.replies.fill(slot, encodeValue(value, protocol));
    this.flushLater();
  }

  private adoptAuthentication(): void {
    const { limits } = this.gateway;
    this.parser.setArgumentsMax(
      this.session.isAuthenticated ? limits.argumentsMax : limits.unauthenticatedArgumentsMax,
    );
    if (this.session.isAuthenticated) this.unauthenticatedBytes = 0;
  }

  /** Says why and closes, after what was asked before is answered. */
  private refuse(message: string): void {
    this.answer(errorValue(message));
    this.finish();
  }

  private flushLater(): void {
    if (this.isFlushDue || this.phase === 'closed') return;
    this.isFlushDue = true;
    this.ports.defer(() => this.flush());
  }

  private flush(): void {
    this.isFlushDue = false;
    this.limitOutput();
    if (this.phase === 'closed') return;
    const text = this.replies.take();
    if (text !== '') {
      if (!this.session.isAuthenticated) this.unauthenticatedBytes += text.length;
      this.session.activeMs = this.gateway.nowMs();
      this.ports.write(trustBytes(text));
    }
    this.pump();
    if (this.phase === 'finishing' && this.inFlight === 0 && this.replies.readyBytes === 0) this.ports.end();
  }

  private limitOutput(): void {
    const { limits } = this.gateway;
    const bytes = this.outputBytes;
    if (bytes > limits.outputBytesHardMax) this.destroy();
    else if (bytes <= limits.outputBytesMax) this.outputOverSinceMs = undefined;
    else this.outputOverSinceMs ??= this.gateway.nowMs();
  }

  private destroy(): void {
    this.ports.destroy();
    this.closed();
  }

  private setReading(isReading: boolean): void {
    if (this.isReading === isReading) return;
    this.isReading = isReading;
    this.ports.setReading(isReading);
  }

  private settleBudget(): void {
    const bytes = this.phase === 'closed' ? 0 : this.parser.pendingBytes + this.outputBytes;
    this.budget.add(bytes - this.budgeted);
    this.budgeted = bytes;
  }
}
