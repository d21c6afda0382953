/** The bounds of the bridge, over real sockets: another host that takes nothing, or is to get more than a frame may hold, harms nobody else. */
import { expect } from 'chai';
import type { MessagePort } from 'node:worker_threads';
import { openBridge, type Bridge, type BridgeDoor, type BridgeSide } from '../../actors/bridge/bridge.js';
import { linkBytesMax } from '../../actors/bridge/link.js';
import { checkBridge } from '../../src/bridge-options.js';
import { trustBytes } from '../../src/bytes.js';
import { trustIdentifier, type Identifier } from '../../src/chord/identifier.js';
import { defaultConfig, type RingConfig } from '../../src/config.js';
import { packBatch, unpackBatch } from '../../src/io/packing.js';
import { createPortTransport } from '../../src/io/port-transport.js';
import type { Peer } from '../../src/peer.js';
import {
  createReplyWriter,
  createRequestWriter,
  finishReplies,
  finishRequests,
  opcodes,
  readRequests,
  replyStride,
  statuses,
  writeReply,
  writeRequest,
} from '../../src/wire/requests.js';
import { frameBytesMaxOf } from '../../src/wire/wire-limits.js';
import { FramePeer } from '../support/frame-peer.js';
import { eventually } from '../support/hosts.js';

const config: RingConfig = { ...defaultConfig, clusterId: 'bounds', valueBytesMax: 1024 * 1024 };
const local = trustIdentifier('1'.repeat(40));
const mebibyte = 1024 * 1024;
/** Of a packet, so long that what the system's buffers take are few. */
const wordy = 100_000;
/** As port-transport.ts has it. */
const packetsUnacknowledgedMax = 256;

/** A request of each batch: a put of so many bytes. */
function putOf(id: number, bytes: number): string {
  const writer = createRequestWriter();
  writeRequest(writer, id, opcodes.put, 0, 0, 0, trustBytes('key'), trustBytes('v'.repeat(bytes)), 0);
  return packBatch(finishRequests(writer));
}

interface Answered {
  readonly id: number;
  readonly status: number;
  readonly value: string;
}

/** A client's port to a node of another host. */
class Client {
  readonly answers: Answered[] = [];
  readonly #port: MessagePort;

  constructor(bridge: Bridge, number: number, node: Identifier) {
    const port = bridge.connectClient(number, node);
    if (port === undefined) throw new Error('nobody runs the node');
    this.#port = port;
    port.on('message', (message: string) => {
      const { head, text } = unpackBatch(message);
      let from = 0;
      for (let at = 0; at < head.length; at += replyStride) {
        const end = from + (head[at + 2] ?? 0);
        this.answers.push({ id: head[at] ?? 0, status: head[at + 1] ?? 0, value: text.slice(from, end) });
        from = end;
      }
    });
  }

  ask(id: number, bytes: number): void {
    this.#port.postMessage(putOf(id, bytes));
  }
}

describe('the bounds of the bridge', function () {
  this.timeout(60_000);
  let door: BridgeDoor;
  let bridge: Bridge;
  /** What nodes of the bridge's host are given. */
  let peerPorts: { readonly remote: Identifier; readonly port: MessagePort }[];
  let clientPorts: MessagePort[];
  let logged: string[];
  let self: Peer;
  const peers: FramePeer[] = [];

  beforeEach(async () => {
    [peerPorts, clientPorts, logged] = [[], [], []];
    const options = checkBridge({ listen: '127.0.0.1:0' });
    if (options === undefined) throw new Error('these are options of a bridge');
    door = await openBridge(options, (_, text) => logged.push(text));
    const { address } = door.own;
    self = { id: local, address: `${address}/0`, host: address, incarnation: 0 };
    let clients = 0;
    const side: BridgeSide = {
      nodes: () => [self],
      gone: () => [],
      isMember: () => true,
      attachPeer: (_, remote, port) => peerPorts.push({ remote, port }) > 0,
      attachClient: (_node, _client, port) => clientPorts.push(port) > 0,
      nextClient: () => ++clients,
      remoteAdded: () => undefined,
      remoteGone: () => undefined,
      remoteReach: () => undefined,
      answer: () => Promise.resolve('x'.repeat(5 * mebibyte)),
    };
    bridge = door.start(config, side);
  });
  afterEach(async () => {
    for (const peer of peers.splice(0)) peer.close();
    for (const { port } of peerPorts) port.close();
    for (const port of clientPorts) port.close();
    await door.close();
  });

  /** Another host with one node, linked. */
  async function link(digit: string, port: number): Promise<FramePeer> {
    const peer = new FramePeer(`127.0.0.1:${port}`, trustIdentifier(digit.repeat(40)), config);
    peers.push(peer);
    await peer.link(door.own.address);
    await eventually(
      () => Promise.resolve(bridge.hosts.hostOf(peer.node)?.link.isOpen === true),
      (isOpen) => isOpen,
    );
    return peer;
  }

  it('hold for a host that takes nothing: BUSY at once, others served, and all is taken up when it reads again', async () => {
    const [stuck, well] = [await link('a', 1), await link('b', 2)];
    well.on('requests', ({ client, to, batch }) => {
      const writer = createReplyWriter();
      for (const { id } of readRequests(unpackBatch(batch))) writeReply(writer, id, statuses.ok, '');
      well.send({ type: 'replies', client, from: to, batch: packBatch(finishReplies(writer)) });
    });
    stuck.pause();
    const [toStuck, toWell] = [new Client(bridge, 1, stuck.node), new Client(bridge, 1, well.node)];
    const asked = 160;
    const host = bridge.hosts.hostOf(stuck.node);
    let waitingMost = 0;
    for (let id = 0; id < asked; id++) {
      toStuck.ask(id, mebibyte);
      toWell.ask(id, 10);
      if (id % 8 !== 7) continue;
      await eventually(
        () => Promise.resolve(toWell.answers.length),
        (answered) => answered > id,
      );
      waitingMost = Math.max(waitingMost, host?.link.waitingBytes ?? 0);
    }
    expect(toWell.answers.every(({ status }) => status === statuses.ok)).to.equal(true);
    expect(waitingMost).to.be.within(linkBytesMax, linkBytesMax + 2 * mebibyte);
    const refused = toStuck.answers.length;
    expect(refused, 'those beyond the bound').to.be.within(1, asked - linkBytesMax / mebibyte);
    for (const { status, value } of toStuck.answers)
      expect([status, value]).to.deep.equal([statuses.busy, 'too much waits for the link to the node']);
    expect(logged).to.include('frames to another host are refused');

    const taken: number[] = [];
    stuck.on('requests', ({ batch }) => {
      for (const { id } of readRequests(unpackBatch(batch))) taken.push(id);
    });
    stuck.resume();
    await eventually(
      () => Promise.resolve(taken.length),
      (count) => count === asked - refused,
    );
    expect(taken, 'none twice, in order').to.deep.equal([...new Set(taken)].sort((a, b) => a - b));
    expect(toStuck.answers.length, 'refused is refused').to.equal(refused);
    expect(host?.link.waitingBytes).to.be.below(linkBytesMax);
  });

  it('reach to the nodes: one that says more than another host takes loses packets, and goes on', async () => {
    const stuck = await link('a', 1);
    stuck.pause();
    bridge.connectPeer(local, stuck.node);
    const transport = createPortTransport({ packet: () => undefined, introduce: () => undefined });
    const [given] = peerPorts;
    if (given === undefined) throw new Error('the node was given no port');
    transport.addPort(given.remote, given.port);
    const host = bridge.hosts.hostOf(stuck.node);
    const messages = [
      { type: 'notify', from: local, peer: { ...self, address: 'x'.repeat(wordy) } },
    ] as const;
    for (let count = 0; count < 600; count++) {
      transport.sendPacket(stuck.node, { clusterId: config.clusterId, from: local, messages });
      // Acknowledgements have time to come.
      if (count % 20 === 0) await new Promise((resolve) => setTimeout(resolve, 2));
    }
    expect(transport.dropped).to.be.above(0);
    expect(host?.link.waitingBytes).to.be.below(packetsUnacknowledgedMax * (wordy + 1_000));
  });

  it('are of a frame, too: what does not fit is refused or lost alone, and its asker is told', async () => {
    const peer = await link('a', 1);
    const client = new Client(bridge, 1, peer.node);
    const frameBytesMax = frameBytesMaxOf(config);
    let heard = 0;
    peer.on('requests', () => heard++);
    client.ask(1, frameBytesMax);
    client.ask(2, 10);
    await eventually(
      () => Promise.resolve(heard),
      (count) => count === 1,
    );
    expect(client.answers.map(({ id, status }) => [id, status])).to.deep.equal([[1, statuses.busy]]);
    expect(client.answers[0]?.value).to.match(/longer than a frame/);

    const replies: Answered[] = [];
    peer.on('replies', ({ batch }) => {
      const { head, text } = unpackBatch(batch);
      replies.push({ id: head[0] ?? 0, status: head[1] ?? 0, value: text });
    });
    peer.send({ type: 'requests', client: 7, to: local, batch: putOf(3, 10) });
    await eventually(
      () => Promise.resolve(clientPorts.length),
      (count) => count === 1,
    );
    const writer = createReplyWriter();
    writeReply(writer, 3, statuses.ok, trustBytes('v'.repeat(frameBytesMax)));
    clientPorts[0]?.postMessage(packBatch(finishReplies(writer)));
    await eventually(
      () => Promise.resolve(replies.length),
      (count) => count === 1,
    );
    expect(replies[0]).to.deep.include({ id: 3, status: statuses.unknown });

    let outcome: unknown;
    peer.on('answer', (answer) => (outcome = answer.outcome));
    peer.send({ type: 'ask', id: 1, question: {} });
    await eventually(
      () => Promise.resolve(outcome),
      (told) => told !== undefined,
    );
    expect(outcome).to.deep.include({ ok: false, code: 'INTERNAL' });
  });
});
