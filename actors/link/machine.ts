/**
 * The link to one other host: a wire that is dialled or accepted, greeted over, kept, and dialled again when it is lost; beside it
 * the failure detector's opinion of that host (chord.md, "Failure detection").
 *
 * The detector counts beats, not time: a host whose own event loop stood still has missed beats itself, and blames nobody.
 */
import { assign, raise, setup } from 'xstate';
import type { Random } from '../../src/ports.js';

export interface LinkContext {
  /** Of two wires that were dialled at once, the one that the host with the smaller address dialled is kept. */
  readonly isOwnDialKept: boolean;
  readonly random: Random;
  /** Who dialled the present wire. */
  readonly dialledBy: 'us' | 'them';
  /** Dials in a row that came to nothing. */
  readonly failures: number;
  /** Beats since the other host was heard, and said that it hears us. */
  readonly silentBeats: number;
  /** Why the last wire came to an end, or is about to; empty while there is nothing to say against the present one. */
  readonly reason: string;
}

export interface LinkInput {
  readonly isOwnDialKept: boolean;
  readonly random: Random;
}

export type LinkEvent =
  /** The wire that was dialled has opened. */
  | { readonly type: 'connected' }
  /** The other host has answered the greeting with its own, and may be spoken to. */
  | { readonly type: 'greeted' }
  /** A wire that the other host dialled brought its greeting. */
  | { readonly type: 'offered' }
  /** The present wire has ended, or the other host refused us. */
  | { readonly type: 'lost'; readonly reason: string }
  /** Anything came from the other host. */
  | { readonly type: 'heard' }
  /** It says that it does not hear us. */
  | { readonly type: 'unheard' }
  /** From one region of the chart to another. */
  | { readonly type: 'silent'; readonly reason: string }
  | { readonly type: 'opened' };

/** From one beat to the next: a heartbeat is sent at each. */
export const beatMs = 500;
/** So many beats without a word, and the other host counts as unreachable. */
export const silentBeatsMax = 10;
const dialMsMax = 5_000;
const greetingMsMax = 5_000;
const backOffMs = 100;
const backOffMsMax = 3_000;
const silence = 'nothing was heard for too long';
const deafness = 'it says that it does not hear this host';

export const linkSetup = setup({
  types: {
    context: {} as LinkContext,
    events: {} as LinkEvent,
    input: {} as LinkInput,
  },
  actions: {
    // The world's part: the bridge provides these.
    dial: () => unprovided('dial'),
    sendGreeting: () => unprovided('sendGreeting'),
    sendHeartbeat: () => unprovided('sendHeartbeat'),
    /** Makes the offered wire the present one, and answers its greeting. */
    takeOffer: () => unprovided('takeOffer'),
    refuseOffer: () => unprovided('refuseOffer'),
    /** Ends the present wire, whatever its state, and hears no more of it. */
    dropWire: (_, _params: { readonly reason: string }) => unprovided('dropWire'),
    tellOpen: () => unprovided('tellOpen'),
    tellClosed: (_, _params: { readonly reason: string }) => unprovided('tellClosed'),
    tellUnreachable: () => unprovided('tellUnreachable'),
    tellReachable: () => unprovided('tellReachable'),
    // The chart's own.
    noteOwnDial: assign({ dialledBy: 'us' }),
    noteTheirDial: assign({ dialledBy: 'them' }),
    countFailure: assign({ failures: ({ context }) => context.failures + 1 }),
    forgetFailures: assign({ failures: 0 }),
    noteReason: assign({ reason: (_, params: { readonly reason: string }) => params.reason }),
    countBeat: assign({ silentBeats: ({ context }) => context.silentBeats + 1 }),
    forgetSilence: assign({ silentBeats: 0 }),
    noteLoss: assign(({ event }) => (event.type === 'lost' ? { reason: event.reason } : {})),
    /** Unless dials that fail say more. */
    noteSilence: assign({ reason: ({ context }) => (context.reason === '' ? silence : context.reason) }),
    forgetReason: assign({ reason: '' }),
    raiseSilent: raise(({ context }) => ({ type: 'silent' as const, reason: context.reason })),
    raiseOpened: raise({ type: 'opened' }),
  },
  guards: {
    isOwnDialKept: ({ context }) => context.isOwnDialKept,
    /** The other host dials anew only when it has lost a wire: but one that we dialled may have been under way at the same time. */
    isPresentKept: ({ context }) => context.isOwnDialKept && context.dialledBy === 'us',
    isSilent: ({ context }) => context.silentBeats >= silentBeatsMax,
  },
  delays: {
    beat: beatMs,
    dialTimeout: dialMsMax,
    greetingTimeout: greetingMsMax,
    /** Doubled with each failure, up to a bound, less up to half of it at random. */
    backOff: ({ context }) =>
      Math.min(backOffMsMax, backOffMs * 2 ** Math.min(context.failures, 10)) * (0.5 + context.random() / 2),
  },
});

/** The wire that was under way is given up for the one that the other host offers. */
const takeInstead = {
  target: 'open',
  reenter: true,
  actions: [
    { type: 'dropWire', params: { reason: 'the other host dialled, too' } },
    'noteTheirDial',
    'takeOffer',
  ],
} as const;

/** Gives the wire up and tries again later. */
const giveUp = (reason: string) =>
  ({
    target: 'backingOff',
    actions: [
      { type: 'noteReason', params: { reason } },
      { type: 'dropWire', params: { reason } },
    ],
  }) as const;

export const linkMachine = linkSetup.createMachine({
  id: 'link',
  context: ({ input }) => ({ ...input, dialledBy: 'us', failures: 0, silentBeats: 0, reason: '' }),
  type: 'parallel',
  on: { heard: { actions: 'forgetSilence' } },
  states: {
    connection: {
      initial: 'dialing',
      states: {
        dialing: {
          entry: ['noteOwnDial', 'dial'],
          on: {
            connected: { target: 'greeting' },
            lost: { target: 'backingOff', actions: 'noteLoss' },
            offered: takeInstead,
          },
          after: { dialTimeout: giveUp('it could not be dialled in time') },
        },
        greeting: {
          entry: 'sendGreeting',
          on: {
            greeted: { target: 'open' },
            lost: { target: 'backingOff', actions: 'noteLoss' },
            offered: [{ guard: 'isOwnDialKept', actions: 'refuseOffer' }, takeInstead],
          },
          after: { greetingTimeout: giveUp('it did not greet in time') },
        },
        open: {
          entry: ['forgetSilence', 'forgetReason', 'raiseOpened', 'tellOpen'],
          exit: { type: 'tellClosed', params: ({ event }) => ({ reason: whyClosed(event) }) },
          on: {
            /** Not before: a link that opens only to break again at once must not be tried ever so fast. */
            heard: { actions: ['forgetSilence', 'forgetFailures'] },
            lost: { target: 'backingOff', actions: 'noteLoss' },
            offered: [{ guard: 'isPresentKept', actions: 'refuseOffer' }, takeInstead],
            silent: {
              target: 'backingOff',
              actions: { type: 'dropWire', params: ({ event }) => ({ reason: event.reason }) },
            },
          },
        },
        backingOff: {
          entry: 'countFailure',
          on: { offered: takeInstead },
          after: { backOff: { target: 'dialing' } },
        },
      },
    },
    pulse: {
      initial: 'beating',
      states: {
        beating: {
          after: { beat: { target: 'beating', reenter: true, actions: ['sendHeartbeat', 'countBeat'] } },
        },
      },
    },
    /** The link may be lost and found again within the time; what opens again is reachable again. */
    reach: {
      initial: 'reachable',
      states: {
        reachable: {
          on: {
            unheard: {
              target: 'unreachable',
              actions: { type: 'noteReason', params: { reason: deafness } },
            },
          },
          always: { guard: 'isSilent', target: 'unreachable', actions: 'noteSilence' },
        },
        unreachable: {
          entry: ['tellUnreachable', 'raiseSilent'],
          exit: 'tellReachable',
          on: { opened: { target: 'reachable' } },
        },
      },
    },
  },
});

function whyClosed(event: LinkEvent): string {
  if (event.type === 'lost' || event.type === 'silent') return event.reason;
  return 'the other host dialled anew';
}

function unprovided(action: string): never {
  throw new Error(`${action}: the bridge provides it`);
}
