/** A link at work: the chart of one other host, the channel that it has at present, and the frames between them. */
import { createActor } from 'xstate';
import type { RingConfig } from '../../src/config.js';
import { systemClock, systemRandom } from '../../src/io/system.js';
import type { Connector } from '../../src/io/wire.js';
import type { Frame, Greeting, Refused } from '../../src/wire/frames.js';
import { beatMs, linkMachine, silentBeatsMax } from '../link/machine.js';
import type { Log } from '../thread-log.js';
import { Channel, type ChannelEvents, type Sent } from './channel.js';
import { leaving, refusal, versionWith, type OwnHost } from './greetings.js';

export interface LinkWorld {
  readonly connector: Connector;
  readonly config: RingConfig;
  readonly own: OwnHost;
  readonly log: Log;
  /** What this host says of itself now. */
  greeting(): Greeting;
  /** Why the host that answered may not be linked with; undefined when it may. */
  judge(theirs: Greeting): Refused | undefined;
}

export interface LinkEvents {
  opened(theirs: Greeting): void;
  /** The link was open, and is lost. */
  closed(): void;
  /** The other host ends in order. */
  left(): void;
  frame(frame: Frame, bytes: number): void;
  /** The failure detector's opinion has changed. */
  reach(unreachable: boolean): void;
}

/** What waits for the carrier beyond this is refused: a host that takes nothing must not fill our memory. */
export const linkBytesMax = 64 * 1024 * 1024;

/** As of a channel; `full`: too much waits for the carrier already. */
export type LinkSent = Sent | 'full';

/** From one word on frames that were not taken to the next. */
const refusedLogMs = 10_000;

export class Link {
  readonly address: string;
  readonly #world: LinkWorld;
  readonly #events: LinkEvents;
  readonly #actor;
  #channel: Channel | undefined;
  #offer: { readonly channel: Channel; readonly theirs: Greeting } | undefined;
  #theirs: Greeting | undefined;
  #isOpen = false;
  #wasHeard = false;
  #sequence = 0;
  #heardSequence = 0;
  /** Frames that an open link did not take, ever. */
  #refused = 0;
  #refusedToldMs = -Infinity;

  /** Dials at once. */
  constructor(address: string, world: LinkWorld, events: LinkEvents) {
    this.address = address;
    this.#world = world;
    this.#events = events;
    const machine = linkMachine.provide({
      actions: {
        dial: () => this.#dial(),
        sendGreeting: () => this.#channel?.send(world.greeting()),
        sendHeartbeat: ({ context }) => this.#sendHeartbeat(context.silentBeats),
        takeOffer: () => this.#takeOffer(),
        refuseOffer: () => this.#refuseOffer(),
        dropWire: (_, { reason }) => this.#drop(reason),
        tellOpen: () => this.#opened(),
        tellClosed: (_, { reason }) => this.#closed(reason),
        tellUnreachable: ({ context }) => this.#tellReach(true, context.reason),
        tellReachable: ({ context }) => this.#tellReach(false, context.reason),
      },
    });
    const isOwnDialKept = world.own.address < address;
    this.#actor = createActor(machine, {
      clock: systemClock,
      input: { isOwnDialKept, random: systemRandom },
    });
    // A bug: it must not go on as if nothing had happened.
    this.#actor.subscribe({
      error: (error) => {
        throw error;
      },
    });
  }

  start(): void {
    this.#actor.start();
  }

  get isOpen(): boolean {
    return this.#isOpen;
  }

  /** Bytes that the carrier has not taken yet. */
  get waitingBytes(): number {
    return this.#channel?.waitingBytes ?? 0;
  }

  /** `taken` is called when the carrier has what was queued, or it is lost. */
  send(frame: Frame, taken?: () => void): LinkSent {
    if (!this.#isOpen || this.#channel === undefined) return 'closed';
    const sent = this.waitingBytes > linkBytesMax ? 'full' : this.#channel.send(frame, taken);
    if (sent === 'full' || sent === 'tooLong') this.#noteRefused(frame, sent);
    return sent;
  }

  /** Another end dialled us, greeted, and was found to be this host. */
  offer(channel: Channel, theirs: Greeting): void {
    this.#offer = { channel, theirs };
    this.#actor.send({ type: 'offered' });
  }

  /** The other host broke the protocol: this wire is given up, and another tried. */
  fail(reason: string): void {
    const channel = this.#channel;
    this.#drop(reason);
    if (channel !== undefined) this.#actor.send({ type: 'lost', reason });
  }

  /** Ends for good, telling nobody here. */
  end(last: Frame | undefined, reason: string): void {
    this.#actor.stop();
    this.#isOpen = false;
    if (last !== undefined) this.#channel?.send(last);
    this.#drop(reason);
  }

  #dial(): void {
    const channel: Channel = new Channel(this.address, {
      opened: () => this.#ifPresent(channel, () => this.#actor.send({ type: 'connected' })),
      frame: (frame) => this.#ifPresent(channel, () => this.#answered(channel, frame)),
      closed: (reason) => this.#ifPresent(channel, () => this.#lost(reason)),
    });
    this.#channel = channel;
    channel.over(this.#world.connector.dial(this.address, channel.wireEvents));
  }

  /** The first frame on a wire that we dialled. */
  #answered(channel: Channel, frame: Frame): void {
    if (frame.type === 'refused') return this.fail(`it refused the link: ${frame.reason}`);
    if (frame.type !== 'greeting') return this.fail(`it began with a frame ${frame.type}, not a greeting`);
    if (frame.address !== this.address) return this.fail(`the host there calls itself ${frame.address}`);
    if (frame.clusterId === null) return this.fail('the host there is of no ring yet');
    const refused = this.#world.judge(frame);
    if (refused !== undefined) return this.fail(refused.reason);
    this.#theirs = frame;
    this.#take(channel, frame);
    this.#actor.send({ type: 'greeted' });
  }

  #takeOffer(): void {
    if (this.#offer === undefined) return;
    const { channel, theirs } = this.#offer;
    this.#offer = undefined;
    this.#theirs = theirs;
    this.#channel = channel;
    channel.send(this.#world.greeting());
    this.#take(channel, theirs);
  }

  #refuseOffer(): void {
    const channel = this.#offer?.channel;
    this.#offer = undefined;
    if (channel === undefined) return;
    const reason = 'both hosts dialled at the same time, and the other wire is kept';
    channel.send(refusal('DUPLICATE', reason));
    channel.close(reason);
  }

  /** From now on the channel carries the frames of the link. */
  #take(channel: Channel, theirs: Greeting): void {
    const { own, config } = this.#world;
    channel.agree(versionWith(own, theirs), config);
    const events: ChannelEvents = {
      opened: () => undefined,
      frame: (frame, bytes) => this.#ifPresent(channel, () => this.#received(frame, bytes)),
      closed: (reason) => this.#ifPresent(channel, () => this.#lost(reason)),
    };
    channel.events = events;
  }

  #received(frame: Frame, bytes: number): void {
    if (!this.#wasHeard) {
      this.#wasHeard = true;
      this.#actor.send({ type: 'heard' });
    }
    switch (frame.type) {
      case 'heartbeat':
        this.#heardSequence = frame.sequence;
        if ((frame.heardMsAgo ?? 0) >= silentBeatsMax * beatMs) this.#actor.send({ type: 'unheard' });
        return;
      case 'greeting':
        return this.fail('it greeted twice');
      case 'refused':
        if (frame.code === leaving) return this.#events.left();
        return this.fail(`it ended the link: ${frame.reason}`);
      default:
        this.#events.frame(frame, bytes);
    }
  }

  #sendHeartbeat(silentBeats: number): void {
    this.#wasHeard = false;
    if (!this.#isOpen) return;
    this.#channel?.send({
      type: 'heartbeat',
      sequence: (this.#sequence = (this.#sequence + 1) >>> 0),
      heard: this.#heardSequence,
      heardMsAgo: silentBeats * beatMs,
    });
  }

  #noteRefused({ type }: Frame, why: LinkSent): void {
    this.#refused++;
    const nowMs = systemClock.nowMs();
    if (nowMs - this.#refusedToldMs < refusedLogMs) return;
    this.#refusedToldMs = nowMs;
    this.#world.log('warn', 'frames to another host are refused', {
      host: this.address,
      why: why === 'full' ? 'too much waits for the link' : `a frame ${type} is longer than a frame may be`,
      refused: this.#refused,
      waitingBytes: this.waitingBytes,
    });
  }

  #opened(): void {
    this.#isOpen = true;
    this.#wasHeard = true;
    const theirs = this.#theirs;
    if (theirs === undefined) return;
    const version = versionWith(this.#world.own, theirs);
    this.#world.log('info', 'a link to another host is open', { host: this.address, version });
    this.#events.opened(theirs);
  }

  #closed(reason: string): void {
    this.#isOpen = false;
    this.#world.log('warn', 'a link to another host is closed', { host: this.address, reason });
    this.#events.closed();
  }

  #tellReach(unreachable: boolean, reason: string): void {
    if (unreachable) this.#world.log('warn', 'another host is unreachable', { host: this.address, reason });
    else this.#world.log('info', 'another host is reachable again', { host: this.address });
    this.#events.reach(unreachable);
  }

  #lost(reason: string): void {
    this.#channel = undefined;
    this.#world.log('debug', 'a wire to another host ended', { host: this.address, reason });
    this.#actor.send({ type: 'lost', reason });
  }

  #drop(reason: string): void {
    const channel = this.#channel;
    this.#channel = undefined;
    channel?.close(reason);
  }

  #ifPresent(channel: Channel, work: () => void): void {
    if (this.#channel === channel) work();
  }
}
