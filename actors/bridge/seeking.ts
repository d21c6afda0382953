/** Seeking: how a host that is to join finds the ring behind one of the addresses that it was given. It never makes one itself. */
import { setTimeout as pause } from 'node:timers/promises';
import { RondoError } from '../../src/errors.js';
import { systemClock, systemRandom } from '../../src/io/system.js';
import type { Connector } from '../../src/io/wire.js';
import type { Frame, Greeting } from '../../src/wire/frames.js';
import type { Log } from '../thread-log.js';
import { Channel } from './channel.js';
import { judgeGreeting, type OwnHost, type RefusalCode } from './greetings.js';

/** What a ring told a host that asked to join. */
export type RingGreeting = Greeting & { readonly config: NonNullable<Greeting['config']> };

/** One attempt's end: a ring, or why there was none, and whether trying again can help. */
type Attempt =
  | { readonly type: 'found'; readonly greeting: RingGreeting }
  | { readonly type: 'failed'; readonly reason: string; readonly isLasting: boolean }
  /** The time is up. */
  | { readonly type: 'cutShort' };

const retryMs = 500;
const lastingCodes: readonly (RefusalCode | string)[] = [
  'VERSION',
  'CLUSTER',
  'ADDRESSTAKEN',
  'IDENTITY',
  'MALFORMED',
];

/** Asks the addresses in turn until one answers for a ring. Throws RondoError CONNECTION when none does in time. */
export async function seekRing(
  connector: Connector,
  own: OwnHost,
  greeting: Greeting,
  addresses: readonly string[],
  timeoutMs: number,
  log: Log,
): Promise<RingGreeting> {
  const untilMs = systemClock.nowMs() + timeoutMs;
  const reasons = new Map<string, string>();
  for (let turn = 0; ; turn++) {
    const address = addresses[turn % addresses.length] ?? '';
    const leftMs = untilMs - systemClock.nowMs();
    if (leftMs <= 0) break;
    const attempt = await askToJoin(connector, own, greeting, address, leftMs);
    if (attempt.type === 'found') return attempt.greeting;
    if (attempt.type === 'cutShort') {
      // What it said before says more.
      if (!reasons.has(address)) reasons.set(address, 'it did not answer');
      break;
    }
    if (attempt.isLasting) throw new RondoError('CONNECTION', `cannot join at ${address}: ${attempt.reason}`);
    if (reasons.get(address) !== attempt.reason)
      log('warn', 'cannot join yet', { host: address, reason: attempt.reason });
    reasons.set(address, attempt.reason);
    if (turn % addresses.length === addresses.length - 1) await pause(retryMs * (0.5 + systemRandom()));
  }
  const tried = [...reasons].map(([address, reason]) => `${address}: ${reason}`).join('; ');
  throw new RondoError('CONNECTION', `found no ring to join within ${timeoutMs / 1_000} s (${tried})`);
}

function askToJoin(
  connector: Connector,
  own: OwnHost,
  greeting: Greeting,
  address: string,
  timeoutMs: number,
): Promise<Attempt> {
  return new Promise((resolve) => {
    const end = (attempt: Attempt): void => {
      clearTimeout(timer);
      channel.close('the question is answered');
      resolve(attempt);
    };
    const fail = (reason: string, isLasting = false): void => end({ type: 'failed', reason, isLasting });
    const timer = setTimeout(() => end({ type: 'cutShort' }), timeoutMs);
    const channel: Channel = new Channel(address, {
      opened: () => channel.send(greeting),
      frame: (frame: Frame) => {
        if (frame.type === 'refused') return fail(frame.reason, lastingCodes.includes(frame.code));
        if (frame.type !== 'greeting') return fail(`it began with a frame ${frame.type}, not a greeting`);
        const refused = judgeGreeting(own, undefined, frame);
        if (refused !== undefined) return fail(refused.reason, lastingCodes.includes(refused.code));
        const { config } = frame;
        if (config === null) return fail('it is of no ring yet');
        end({ type: 'found', greeting: { ...frame, config } });
      },
      closed: (reason) => fail(reason),
    });
    channel.over(connector.dial(address, channel.wireEvents));
  });
}
