/** The chart of a link, in virtual time: what it does for each event, and that two of them always find one wire. */
import { expect } from 'chai';
import fc from 'fast-check';
import { createActor } from 'xstate';
import { beatMs, linkMachine, silentBeatsMax, type LinkEvent } from '../../actors/link/machine.js';
import { VirtualClock } from '../support/virtual-clock.js';

type Action =
  | 'dial'
  | 'sendGreeting'
  | 'sendHeartbeat'
  | 'takeOffer'
  | 'refuseOffer'
  | 'dropWire'
  | 'tellOpen'
  | 'tellClosed'
  | 'tellUnreachable'
  | 'tellReachable';

/** A link whose world does what `act` says. */
function startLink(
  clock: VirtualClock,
  isOwnDialKept: boolean,
  act: (action: Action, reason: string) => void,
) {
  const machine = linkMachine.provide({
    actions: {
      dial: () => act('dial', ''),
      sendGreeting: () => act('sendGreeting', ''),
      sendHeartbeat: () => act('sendHeartbeat', ''),
      takeOffer: () => act('takeOffer', ''),
      refuseOffer: () => act('refuseOffer', ''),
      dropWire: (_, { reason }) => act('dropWire', reason),
      tellOpen: () => act('tellOpen', ''),
      tellClosed: (_, { reason }) => act('tellClosed', reason),
      tellUnreachable: ({ context }) => act('tellUnreachable', context.reason),
      tellReachable: () => act('tellReachable', ''),
    },
  });
  const actor = createActor(machine, { clock, input: { isOwnDialKept, random: () => 0.5 } });
  actor.subscribe({
    error: (error) => {
      throw error;
    },
  });
  actor.start();
  return actor;
}

function startRecorded(isOwnDialKept = true) {
  const clock = new VirtualClock();
  const did: string[] = [];
  const actor = startLink(clock, isOwnDialKept, (action, reason) => {
    if (action !== 'sendHeartbeat') did.push(reason === '' ? action : `${action}: ${reason}`);
  });
  /** What was done since the last look. */
  const since = (): string[] => did.splice(0);
  const hear = (...events: readonly LinkEvent[]): string[] => {
    for (const event of events) actor.send(event);
    return since();
  };
  const after = (durationMs: number): string[] => {
    clock.advance(durationMs);
    return since();
  };
  return { actor, clock, since, hear, after };
}

const silenceMs = silentBeatsMax * beatMs;

describe('the chart of a link', () => {
  it('dials, greets and opens', () => {
    const { since, hear } = startRecorded();
    expect(since()).to.deep.equal(['dial']);
    expect(hear({ type: 'connected' })).to.deep.equal(['sendGreeting']);
    expect(hear({ type: 'greeted' })).to.deep.equal(['tellOpen']);
  });

  it('dials again when the wire is lost, later each time it comes to nothing', () => {
    const { since, hear, after } = startRecorded();
    since();
    hear({ type: 'lost', reason: 'refused' });
    expect(after(149)).to.deep.equal([]);
    expect(after(1)).to.deep.equal(['dial']);
    hear({ type: 'lost', reason: 'refused' });
    expect(after(299)).to.deep.equal([]);
    expect(after(1)).to.deep.equal(['dial']);
    for (let failure = 0; failure < 20; failure++) (hear({ type: 'lost', reason: 'refused' }), after(3_000));
    hear({ type: 'lost', reason: 'refused' });
    expect(
      after(2_249).filter((action) => action === 'dial'),
      'capped',
    ).to.deep.equal([]);
    expect(after(1)).to.include('dial');
  });

  it('is no hurry to dial again when links break as soon as they open', () => {
    const { since, hear, after } = startRecorded();
    since();
    for (const pauseMs of [150, 300, 600, 1_200, 2_250, 2_250]) {
      hear({ type: 'connected' }, { type: 'greeted' }, { type: 'lost', reason: 'it sent nonsense' });
      expect(after(pauseMs - 1)).to.deep.equal([]);
      expect(after(1)).to.deep.equal(['dial']);
    }
    hear({ type: 'connected' }, { type: 'greeted' }, { type: 'heard' }, { type: 'lost', reason: 'reset' });
    expect(after(150)).to.deep.equal(['dial']);
  });

  it('gives up a dial that hangs, and an end that does not greet', () => {
    const { since, hear, after } = startRecorded();
    since();
    expect(after(5_100)).to.include('dropWire: it could not be dialled in time');
    expect(after(5_000)).to.include('dial');
    hear({ type: 'connected' });
    expect(after(5_001)).to.include('dropWire: it did not greet in time');
  });

  it('counts a silent host as unreachable after five seconds, and ends the wire', () => {
    const { hear, after } = startRecorded();
    hear({ type: 'connected' }, { type: 'greeted' });
    expect(after(silenceMs - 1)).to.deep.equal([]);
    expect(after(1)).to.deep.equal([
      'tellUnreachable: nothing was heard for too long',
      'tellClosed: nothing was heard for too long',
      'dropWire: nothing was heard for too long',
    ]);
    expect(after(1_000), 'it tries again').to.include('dial');
    expect(hear({ type: 'connected' }, { type: 'greeted' })).to.deep.equal([
      'sendGreeting',
      'tellOpen',
      'tellReachable',
    ]);
  });

  it('counts a host that is heard as reachable, however long', () => {
    const { hear, after } = startRecorded();
    hear({ type: 'connected' }, { type: 'greeted' });
    for (let second = 0; second < 30; second++) {
      hear({ type: 'heard' });
      expect(after(silenceMs - beatMs)).to.deep.equal([]);
    }
  });

  it('counts beats, not time: a host that missed its own beats blames nobody', () => {
    const { actor, clock, since, hear } = startRecorded();
    hear({ type: 'connected' }, { type: 'greeted' });
    const before = clock.nowMs();
    clock.standStill(20_000);
    expect(clock.nowMs() - before).to.equal(20_000);
    expect(since(), 'its one due beat comes late').to.deep.equal([]);
    expect(actor.getSnapshot().context.silentBeats).to.equal(1);
  });

  it('keeps a host reachable that is lost and found within the time', () => {
    const { hear, after } = startRecorded();
    hear({ type: 'connected' }, { type: 'greeted' });
    hear({ type: 'lost', reason: 'reset' });
    expect(after(2_000)).to.deep.equal(['dial']);
    expect(hear({ type: 'connected' }, { type: 'greeted' })).to.deep.equal(['sendGreeting', 'tellOpen']);
    expect(after(silenceMs - beatMs)).to.deep.equal([]);
  });

  it('counts a host that was never reached as unreachable', () => {
    const { hear, after } = startRecorded();
    hear({ type: 'lost', reason: 'refused' });
    expect(after(silenceMs)).to.include('tellUnreachable: refused');
  });

  it('does not lay the loss of an earlier wire to the charge of one that has gone silent', () => {
    const { hear, after } = startRecorded();
    hear({ type: 'lost', reason: 'refused' });
    after(1_000);
    hear({ type: 'connected' }, { type: 'greeted' });
    expect(after(silenceMs)).to.include('tellUnreachable: nothing was heard for too long');
  });

  it('takes a host that does not hear it for unreachable, though it hears it', () => {
    const { hear } = startRecorded();
    hear({ type: 'connected' }, { type: 'greeted' }, { type: 'heard' });
    expect(hear({ type: 'unheard' })).to.include.members([
      'tellUnreachable: it says that it does not hear this host',
      'tellClosed: it says that it does not hear this host',
      'dropWire: it says that it does not hear this host',
    ]);
  });

  for (const isOwnDialKept of [true, false]) {
    it(`keeps the wire that the ${isOwnDialKept ? 'own' : 'other'} host dialled when its address is the smaller`, () => {
      const { since, hear } = startRecorded(isOwnDialKept);
      since();
      const kept = isOwnDialKept
        ? ['refuseOffer']
        : ['dropWire: the other host dialled, too', 'takeOffer', 'tellOpen'];
      expect(hear({ type: 'connected' }, { type: 'offered' })).to.deep.equal(['sendGreeting', ...kept]);
    });
  }

  it('takes any wire that is offered while its own is not even open', () => {
    const { since, hear } = startRecorded();
    since();
    const taken = ['dropWire: the other host dialled, too', 'takeOffer', 'tellOpen'];
    expect(hear({ type: 'offered' })).to.deep.equal(taken);
    expect(hear({ type: 'lost', reason: 'reset' }, { type: 'offered' })).to.deep.equal([
      'tellClosed: reset',
      ...taken,
    ]);
  });

  it('takes a new wire for the old one when the other host dials anew', () => {
    const { hear } = startRecorded(false);
    hear({ type: 'connected' }, { type: 'greeted' });
    expect(hear({ type: 'offered' })).to.deep.equal([
      'tellClosed: the other host dialled anew',
      'dropWire: the other host dialled, too',
      'takeOffer',
      'tellOpen',
    ]);
  });
});

describe('two links of two hosts', () => {
  /** Two charts and the wires between them: every step takes as long as the schedule says, and each wire may break. */
  function meet(delays: readonly number[], breaks: readonly number[]) {
    const clock = new VirtualClock();
    let step = 0;
    const later = (work: () => void): void =>
      void clock.setTimeout(work, delays[step++ % delays.length] ?? 1);
    interface Wire {
      readonly dialler: number;
      readonly ended: boolean[];
    }
    const present: (Wire | undefined)[] = [undefined, undefined];
    const offers: (Wire | undefined)[] = [undefined, undefined];
    const open = [false, false];
    const wires: Wire[] = [];
    const end = (wire: Wire, side: number): void => {
      wire.ended[side] = true;
      later(() => lose(wire, 1 - side, 'it was closed'));
    };
    const lose = (wire: Wire, side: number, reason: string): void => {
      wire.ended[side] = true;
      if (present[side] !== wire) return;
      present[side] = undefined;
      actors[side]?.send({ type: 'lost', reason });
    };
    const act = (side: number, action: Action): void => {
      const other = 1 - side;
      const wire = present[side];
      switch (action) {
        case 'dial': {
          const dialled: Wire = { dialler: side, ended: [false, false] };
          wires.push(dialled);
          present[side] = dialled;
          return later(() => {
            if (present[side] === dialled) actors[side]?.send({ type: 'connected' });
          });
        }
        case 'sendGreeting':
          return later(() => {
            if (wire === undefined || wire.ended[other] === true) return;
            offers[other] = wire;
            actors[other]?.send({ type: 'offered' });
          });
        case 'takeOffer': {
          const offered = offers[side];
          present[side] = offered;
          return later(() => {
            if (offered !== undefined && present[other] === offered && offered.ended[other] !== true)
              actors[other]?.send({ type: 'greeted' });
          });
        }
        case 'refuseOffer': {
          const offered = offers[side];
          return offered === undefined ? undefined : end(offered, side);
        }
        case 'dropWire':
          present[side] = undefined;
          return wire === undefined ? undefined : end(wire, side);
        case 'tellOpen':
          open[side] = true;
          return;
        case 'tellClosed':
          open[side] = false;
          return;
        case 'sendHeartbeat':
          if (open[side] !== true || wire === undefined) return;
          return later(() => {
            if (present[other] === wire && open[other] === true) actors[other]?.send({ type: 'heard' });
          });
        default:
      }
    };
    const actors: ReturnType<typeof startLink>[] = [];
    for (const side of [0, 1]) actors.push(startLink(clock, side === 0, (action) => act(side, action)));
    for (const [index, atMs] of breaks.entries()) {
      clock.setTimeout(() => {
        const wire = present[index % 2];
        if (wire !== undefined) for (const side of [0, 1]) later(() => lose(wire, side, 'it broke'));
      }, atMs);
    }
    clock.advance(30_000);
    return { open, present, wires };
  }

  it('end with one wire, whoever dials when, and whatever broke before', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 1, max: 400 }), { minLength: 1, maxLength: 40 }),
        fc.array(fc.integer({ min: 1, max: 8_000 }), { maxLength: 8 }),
        (delays, breaks) => {
          const { open, present } = meet(delays, breaks);
          expect(open).to.deep.equal([true, true]);
          expect(present[0]).to.not.equal(undefined);
          expect(present[0]).to.equal(present[1]);
        },
      ),
      { numRuns: 100 },
    );
  });
});
