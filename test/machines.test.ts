/** Walks every chart: XState lets a misspelt delay, target, action or event pass in silence. */
import { expect } from 'chai';
import { initialTransition, transition, type AnyStateMachine, type AnyStateNode } from 'xstate';
import { linkMachine } from '../actors/link/machine.js';
import { viewMachine } from '../actors/node/changing-view.js';
import { lookupMachine } from '../actors/node/looking-up-machine.js';
import { nodeMachine } from '../actors/node/machine.js';
import { firstContext } from '../actors/node/tables.js';
import type { NodeEvent, Outgoing } from '../actors/node/events.js';
import { defaultConfig } from '../src/config.js';
import type { Peer } from '../src/peer.js';
import { createEngine } from '../src/replication/create-engine.js';
import { chordMessageTypes } from '../src/wire/messages.js';
import { peerAt, peersAt } from './chord/small-circle.js';

const machines: ReadonlyMap<string, AnyStateMachine> = new Map<string, AnyStateMachine>([
  ['node', nodeMachine],
  ['lookup', lookupMachine],
  ['view', viewMachine],
  ['link', linkMachine],
]);

function statesOf(machine: AnyStateMachine): readonly AnyStateNode[] {
  const within = (node: AnyStateNode): AnyStateNode[] => [
    node,
    ...Object.values(node.states).flatMap(within),
  ];
  return within(machine.root);
}

/** Names of actions, guards and so on: strings, or objects whose type is one. */
function namesIn(value: unknown): readonly string[] {
  if (typeof value === 'string') return [value];
  if (Array.isArray(value)) return value.flatMap(namesIn);
  if (typeof value === 'object' && value !== null && 'type' in value) return namesIn(value.type);
  return [];
}

for (const [name, machine] of machines) {
  describe(`the ${name} chart`, () => {
    const states = statesOf(machine);

    it('waits only for delays that are declared', () => {
      for (const state of states) {
        for (const delay of Object.keys(state.config.after ?? {})) {
          expect(Object.keys(machine.implementations.delays), `${state.id} after ${delay}`).to.include(delay);
        }
      }
    });

    it('names only actions, guards and actors that are declared', () => {
      const { actions, guards, actors } = machine.implementations;
      for (const state of states) {
        const transitions = [...state.transitions.values()].flat().concat(state.always ?? []);
        const used = [...state.entry, ...state.exit, ...transitions.flatMap((found) => [...found.actions])];
        for (const action of namesIn(used)) {
          if (!action.startsWith('xstate.'))
            expect(actions, `${state.id}: ${action}`).to.have.property(action);
        }
        for (const guard of namesIn(transitions.map((found) => found.guard))) {
          expect(guards, `${state.id}: ${guard}`).to.have.property(guard);
        }
        for (const { src } of state.invoke)
          for (const actor of namesIn(src)) expect(actors).to.have.property(actor);
      }
    });

    it('has no state that nothing leads to, and no transition that leads nowhere', () => {
      const reached = new Set<AnyStateNode>();
      const reach = (state: AnyStateNode): void => {
        if (reached.has(state)) return;
        reached.add(state);
        if (state.parent !== undefined) reach(state.parent);
        if (state.type === 'parallel') Object.values(state.states).forEach(reach);
        if (state.type === 'compound') for (const target of state.initial.target) reach(target);
        for (const found of [...state.transitions.values()].flat().concat(state.always ?? [])) {
          for (const target of found.target ?? []) reach(target);
        }
      };
      reach(machine.root);
      expect(states.filter((state) => !reached.has(state)).map(({ id }) => id)).to.deep.equal([]);
    });
  });
}

describe('the node chart', () => {
  it('hears every type of message somewhere', () => {
    const heard = new Set(statesOf(nodeMachine).flatMap((state) => [...state.transitions.keys()]));
    for (const type of chordMessageTypes) expect([...heard], type).to.include(type);
  });

  const [n0, n2, n4, n8, n12] = [peerAt(0), peerAt(2), peerAt(4), peerAt(8), peerAt(12)];
  type Snapshot = ReturnType<typeof started>[0];

  function started(founders: readonly Peer[], self: Peer, successors = 2) {
    const config = {
      ...defaultConfig,
      clusterId: 'test',
      consistency: 'eventual' as const,
      partitions: 2,
      successors,
    };
    const nothing = (): void => undefined;
    const engine = createEngine({
      self,
      config,
      clock: { nowMs: () => 1 },
      random: () => 0.5,
      founders,
      send: nothing,
      reply: nothing,
      detach: (text) => text,
      raise: nothing,
    });
    const input = firstContext(self, config, { type: 'founder', founders }, () => 0.5, engine, nothing);
    return initialTransition(nodeMachine, input);
  }

  /** The state after the events, and what was said on the way. */
  function after(
    snapshot: Snapshot,
    ...events: readonly NodeEvent[]
  ): { state: Snapshot; said: readonly string[] } {
    const said: string[] = [];
    let state = snapshot;
    for (const event of events) {
      const [next, actions] = transition(nodeMachine, state, event);
      state = next;
      for (const action of actions) if (action.type === 'send') said.push(...textOf(action.params));
    }
    return { state, said };
  }

  function textOf(params: unknown): readonly string[] {
    return (params as readonly Outgoing[]).map(
      ({ to, message }) => `${message.type} to n${Number.parseInt(to.slice(0, 1), 16)}`,
    );
  }

  const ring = (): Snapshot => started(peersAt(0, 4, 8, 12), n0)[0];
  const question = (state: Snapshot): number => state.context.question?.requestId ?? 0;
  const askedBy = ({ id }: Peer) =>
    ({ type: 'getNeighbours', from: id, requestId: 7, directoryAfter: 9, directory: [] }) as const;
  const notifyOf = (peer: Peer) => ({ type: 'notify', from: peer.id, peer }) as const;
  const answerOf = (self: Peer, predecessor: Peer, ...successors: readonly Peer[]) => {
    const shared = { from: self.id, self, predecessor, successors };
    return { type: 'neighbours', ...shared, directory: [], directoryThrough: 4 } as const;
  };
  it('asks its successor when a round is due, and notifies it when nobody is between', () => {
    const asked = after(ring(), { type: 'stabilizeDue' });
    expect(asked.said).to.deep.equal(['getNeighbours to n4']);
    expect(asked.state.matches({ alive: { ring: 'askingSuccessor' } })).to.equal(true);
    const answer = { ...answerOf(n4, n0, ...peersAt(8, 12)), requestId: question(asked.state) };
    const answered = after(asked.state, answer);
    expect(answered.said).to.deep.equal(['notify to n4']);
    expect(answered.state.matches({ alive: { ring: { idle: 'resting' } } })).to.equal(true);
    expect(answered.state.context.overlay, 'no new view').to.equal(asked.state.context.overlay);
  });

  it('asks a candidate before it adopts it', () => {
    const asked = after(ring(), { type: 'stabilizeDue' });
    const first = { ...answerOf(n4, n2, ...peersAt(8, 12)), requestId: question(asked.state) };
    const second = after(asked.state, first);
    expect(second.said).to.deep.equal(['getNeighbours to n2']);
    expect(second.state.context.ring.successors[0]?.address).to.equal('n4');
    const answer = { ...answerOf(n2, n0, ...peersAt(4, 8)), requestId: question(second.state) };
    const adopted = after(second.state, answer);
    expect(adopted.said).to.deep.equal(['notify to n2']);
    expect(adopted.state.context.ring.successors.map(({ address }) => address)).to.deep.equal(['n2', 'n4']);
  });

  it('answers busy while its question is pending, but a ping at once', () => {
    const asked = after(ring(), { type: 'stabilizeDue' });
    const { said } = after(asked.state, askedBy(n12), { type: 'ping', from: n12.id, requestId: 1 });
    expect(said).to.deep.equal(['busy to n12', 'pong to n12']);
    expect(after(ring(), askedBy(n12)).said).to.deep.equal(['neighbours to n12']);
  });

  it('abandons its step when it hears busy, and tries again later', () => {
    const asked = after(ring(), { type: 'stabilizeDue' });
    const busy = { type: 'busy', from: n4.id, requestId: question(asked.state) } as const;
    const { state, said } = after(asked.state, busy);
    expect(said).to.deep.equal([]);
    expect(state.matches({ alive: { ring: { idle: 'backingOff' } } })).to.equal(true);
    expect(state.context.ring).to.equal(asked.state.context.ring);
    expect(after(state, askedBy(n12)).said, 'no question is pending').to.deep.equal(['neighbours to n12']);
  });

  it('takes the dead branch at once when the asked node dies', () => {
    const asked = after(ring(), { type: 'stabilizeDue' });
    const { state, said } = after(asked.state, { type: 'peerDead', id: n4.id });
    expect(said).to.include('notify to n8');
    expect(state.matches({ alive: { ring: 'idle' } })).to.equal(true);
    expect(state.context.ring.successors[0]?.address).to.equal('n8');
    expect(state.context.directory.isDead(n4.id)).to.equal(true);
  });

  it('ignores answers to questions that it has abandoned', () => {
    const asked = after(ring(), { type: 'stabilizeDue' });
    const late = { ...answerOf(n4, n2, ...peersAt(8)), requestId: question(asked.state) + 1 };
    expect(after(asked.state, late).state.matches({ alive: { ring: 'askingSuccessor' } })).to.equal(true);
  });

  it('keeps only the better of two notifies that wait', () => {
    const asked = after(ring(), { type: 'stabilizeDue' });
    const { state } = after(asked.state, notifyOf(peerAt(14)), notifyOf(peerAt(13)));
    expect(state.context.waitingNotify?.address).to.equal('n14');
    const answer = { ...answerOf(n4, n0, ...peersAt(8, 12)), requestId: question(state) };
    const answered = after(state, answer);
    expect(answered.state.context.ring.predecessor?.address).to.equal('n14');
    expect(answered.state.context.waitingNotify).to.equal(undefined);
  });

  it('asks its predecessor for life when a notify is no better, and replaces it only when it is dead', () => {
    const asked = after(ring(), notifyOf(n8));
    expect(asked.said).to.deep.equal(['ping to n12']);
    const pong = { type: 'pong', from: n12.id, requestId: question(asked.state) } as const;
    expect(after(asked.state, pong).state.context.ring.predecessor?.address).to.equal('n12');
    const dead = after(asked.state, { type: 'peerDead', id: n12.id });
    expect(dead.state.context.overlay.predecessor?.address).to.equal('n8');
  });
});
