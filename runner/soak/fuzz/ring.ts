/** A ring of real nodes in virtual time behind the frames between hosts: what its nodes say is recorded as frames, and frames are heard. */
import { createNode, type NodeEntry, type NodeRuntime } from '../../../actors/node/runtime.js';
import type { Identifier } from '../../../src/chord/identifier.js';
import { sha1, sha1FirstWord } from '../../../src/chord/sha1.js';
import { bytesFromText } from '../../../src/bytes.js';
import { defaultConfig, type Consistency, type RingConfig } from '../../../src/config.js';
import { stackOf } from '../../../src/errors.js';
import { decodePacket, encodePacket, writeFrame } from '../../../src/io/frame-codec.js';
import { FrameWriter } from '../../../src/io/frames.js';
import { packPacket, unpackPacket } from '../../../src/io/packet-packing.js';
import { packBatch, unpackBatch } from '../../../src/io/packing.js';
import type { Peer } from '../../../src/peer.js';
import { createRandom } from '../../../src/random.js';
import { partitionOfFirstWord } from '../../../src/replication/partition.js';
import type { Frame } from '../../../src/wire/frames.js';
import type { Packet } from '../../../src/wire/messages.js';
import {
  createRequestWriter,
  finishRequests,
  flags,
  opcodes,
  writeRequest,
} from '../../../src/wire/requests.js';
import { wireVersions } from '../../../src/wire/wire-versions.js';
import { createClockView, createVirtualClock, exactClock } from '../../simulator/virtual-clock.js';

export interface FuzzedRing {
  readonly config: RingConfig;
  /** Frames that its nodes and clients sent, of each kind of message some. */
  readonly samples: readonly Buffer[];
  /** What made a node stop: none may. */
  readonly failures: readonly string[];
  /** Hands a frame to the node that it is for, as a host does. */
  hear(frame: Frame): void;
  /** Lets virtual time pass; false when the ring did not come to its end for all the turns that it took. */
  run(ms: number): boolean;
}

const namesMax = 4;
const samplesPerName = 12;
const sampleBytesMax = 8_000;
/** Turns in a second of virtual time: a ring at work takes some hundred. */
const turnsPerMs = 200;

/** Makes the ring and has it work: requests of all kinds, a node that joins, one that dies and one that departs. */
export function createFuzzedRing(consistency: Consistency, seed: number): FuzzedRing {
  const config: RingConfig = { ...defaultConfig, clusterId: 'fuzz', consistency };
  const clock = createVirtualClock();
  const random = createRandom(seed);
  const nodes = new Map<Identifier, NodeRuntime>();
  const samples = new Map<string, Buffer[]>();
  const failures: string[] = [];
  let isRecording = true;

  const record = (name: string, frame: Frame): void => {
    if (!isRecording) return;
    const known = samples.get(name) ?? [];
    samples.set(name, known);
    if (known.length === samplesPerName) known.splice(Math.floor(random() * known.length), 1);
    const writer = new FrameWriter();
    writeFrame(writer, frame, wireVersions.high);
    const bytes = writer.take();
    if (bytes !== undefined && bytes.length <= sampleBytesMax) known.push(bytes);
  };
  const attempt = (act: () => void): void => {
    try {
      act();
    } catch (error) {
      failures.push(stackOf(error));
    }
  };
  const start = (self: Peer, entry: NodeEntry): void => {
    const ports = {
      clock: createClockView(clock, exactClock, (callback) => attempt(callback)),
      random,
      defer: (callback: () => void) => void clock.set(() => attempt(callback), 0),
      sendPacket: (to: Identifier, packet: Packet) => {
        const types = [...new Set(packet.messages.map(({ type }) => type))].slice(0, namesMax);
        record(types.join(), { type: 'packet', from: self.id, to, packet: packPacket(0, packet) ?? packet });
        const heard = isRecording ? throughWire(packet, config, random) : packet;
        clock.set(() => attempt(() => nodes.get(to)?.receivePacket(heard)), 1);
      },
      sendReplies: (client: number, replies: Parameters<typeof packBatch>[0]) =>
        record('replies', { type: 'replies', client, from: self.id, batch: packBatch(replies) }),
      detach: <T>(text: T): T => text,
      log: () => undefined,
      failed: (error: unknown) =>
        void attempt(() => {
          throw error;
        }),
      left: () => end(self.id),
    };
    nodes.set(self.id, createNode({ self, config, entry, ports }));
  };
  const end = (id: Identifier): void => {
    nodes.delete(id);
    for (const node of nodes.values()) attempt(() => node.peerDead(id));
  };
  const request = (round: number): void => {
    for (const [id, node] of nodes) {
      const writer = createRequestWriter();
      for (const [name, opcode] of Object.entries(opcodes)) {
        const key = bytesFromText(name === 'route' ? id : `key ${Math.floor(random() * 60)}`);
        const value = bytesFromText(name === 'scan' ? '' : name === 'getRange' ? '0 3' : String(round));
        const partition = partitionOfFirstWord(sha1FirstWord(key), config.partitions);
        const taken = opcode === opcodes.flush && round !== 2 ? opcodes.get : opcode;
        writeRequest(writer, round * 100 + opcode, taken, flags.number, 2, partition, key, value, 1 + round);
      }
      const batch = finishRequests(writer);
      record('requests', { type: 'requests', client: round, to: id, batch: packBatch(batch) });
      attempt(() => node.receiveRequests(round, batch));
    }
  };
  const run = (ms: number): boolean => {
    const untilMs = clock.nowMs() + ms;
    let turns = 0;
    while (clock.step(untilMs)) if (++turns > 100_000 + ms * turnsPerMs) return false;
    return true;
  };
  const rounds = (from: number, to: number): void => {
    for (let round = from; round <= to; round++) {
      request(round);
      run(400);
    }
  };

  const founders = [1, 2, 3, 4].map((number) => peerNamed(`10.0.0.${number}:7000/0`));
  for (const self of founders) start(self, { type: 'founder', founders });
  rounds(1, 3);
  const [first, second, third] = founders;
  if (first !== undefined) start(peerNamed('10.0.0.9:7000/0'), { type: 'joiner', contacts: [first] });
  rounds(4, 7);
  if (second !== undefined) {
    nodes.get(second.id)?.stop();
    end(second.id);
  }
  rounds(8, 11);
  if (third !== undefined) nodes.get(third.id)?.depart();
  rounds(12, 16);
  for (const frame of otherFrames(founders, config)) record(frame.type, frame);
  isRecording = false;

  return {
    config,
    samples: [...samples.values()].flat(),
    failures,
    hear(frame) {
      attempt(() => {
        if (frame.type === 'packet') {
          const { packet } = frame;
          nodes
            .get(frame.to)
            ?.receivePacket(typeof packet === 'string' ? unpackPacket(packet).packet : packet);
        } else if (frame.type === 'requests') {
          nodes.get(frame.to)?.receiveRequests(frame.client, unpackBatch(frame.batch));
        } else if (frame.type === 'replies') unpackBatch(frame.batch);
        else if (frame.type === 'clientClosed')
          for (const node of nodes.values()) node.clientClosed(frame.client);
      });
    },
    run,
  };
}

/** Whatever an honest node says has to pass the checks. */
function throughWire(packet: Packet, config: RingConfig, random: () => number): Packet {
  const version = random() < 0.5 ? wireVersions.low : wireVersions.high;
  return decodePacket(encodePacket(packet, version), packet.from, version, config);
}

/** Kinds of frames that hosts send, not nodes. */
function otherFrames(peers: readonly Peer[], config: RingConfig): Frame[] {
  const address = '10.0.0.1:7000';
  return [
    {
      type: 'greeting',
      versionLow: 1,
      versionHigh: 2,
      clusterName: 'rondo',
      clusterId: config.clusterId,
      boot: 1_750_000_000_000,
      address,
      wants: 'join',
      config,
      nodes: peers,
      hosts: [address],
    },
    { type: 'refused', code: 'TRYAGAIN', reason: 'the host is still joining' },
    { type: 'heartbeat', sequence: 7, heard: 6, heardMsAgo: 120 },
    { type: 'clientClosed', client: 3 },
    { type: 'members', added: peers, gone: peers.map(({ id }) => id), hosts: [address] },
    { type: 'ask', id: 1, question: { type: 'stats' } },
    { type: 'answer', id: 1, outcome: { ok: true, value: [1, 2, 3] } },
  ];
}

function peerNamed(address: string): Peer {
  return { id: sha1(bytesFromText(address)), address, host: address.split('/')[0] ?? '', incarnation: 1 };
}
