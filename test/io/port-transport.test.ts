import { expect } from 'chai';
import { MessageChannel } from 'node:worker_threads';
import { bytesFromText } from '../../src/bytes.js';
import { createPortTransport, type PortTransport } from '../../src/io/port-transport.js';
import type { Packet } from '../../src/wire/messages.js';
import {
  createRecordWriter,
  finishRecords,
  kinds,
  writeChange,
} from '../../src/replication/packed-records.js';
import { fakePeer } from '../client/fake-nodes.js';

const [left, right] = [fakePeer('a').id, fakePeer('b').id];

interface End {
  readonly transport: PortTransport;
  readonly received: Packet[];
}

function end(): End {
  const received: Packet[] = [];
  const transport = createPortTransport({
    packet: (packet) => void received.push(packet),
    introduce: () => undefined,
  });
  return { transport, received };
}

/** Two ends with one channel between them. */
function pair(): readonly [End, End] {
  const ends = [end(), end()] as const;
  const { port1, port2 } = new MessageChannel();
  ends[0].transport.addPort(right, port1);
  ends[1].transport.addPort(left, port2);
  return ends;
}

function packet(valueBytes: number): Packet {
  const writer = createRecordWriter();
  const value = bytesFromText('v'.repeat(valueBytes));
  writeChange(writer, {
    partition: 0,
    key: bytesFromText('key'),
    value,
    hlc: 1,
    writer: left,
    expiresAt: Infinity,
    kind: kinds.value,
  });
  return {
    clusterId: 'ring',
    from: left,
    messages: [{ type: 'replicate', from: left, requestId: 1, records: finishRecords(writer) }],
  };
}

async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise((resolve) => setImmediate(resolve));
}

describe('port transport', () => {
  it('drops packets beyond its credit while the other end hears nothing, and has credit again when it does', async () => {
    const [from, to] = pair();
    for (let sent = 0; sent < 300; sent++) from.transport.sendPacket(right, packet(10));
    expect(from.transport.dropped).to.equal(44);
    await until(() => to.received.length === 256);
    for (let round = 0; round < 10; round++) await new Promise((resolve) => setImmediate(resolve));
    from.transport.sendPacket(right, packet(10));
    await until(() => to.received.length === 257);
    expect(from.transport.dropped).to.equal(44);
    from.transport.close();
    to.transport.close();
  });

  it('does not stay mute when both ends have sent their bytes in few large packets', async () => {
    const [from, to] = pair();
    for (let sent = 0; sent < 12; sent++) {
      from.transport.sendPacket(right, packet(1_000_000));
      to.transport.sendPacket(left, packet(1_000_000));
    }
    expect(from.transport.dropped).to.be.greaterThan(0);
    await until(() => to.received.length >= 8 && from.received.length >= 8);
    for (let round = 0; round < 10; round++) await new Promise((resolve) => setImmediate(resolve));
    const [before, heard] = [from.transport.dropped, to.received.length];
    from.transport.sendPacket(right, packet(1_000_000));
    await until(() => to.received.length > heard);
    expect(from.transport.dropped).to.equal(before);
    from.transport.close();
    to.transport.close();
  });

  it('keeps packets for a peer until the host has introduced it, and hands on what a dead one had sent', async () => {
    const [from, to] = [end(), end()];
    from.transport.sendPacket(right, packet(1));
    const { port1, port2 } = new MessageChannel();
    to.transport.addPort(left, port2);
    from.transport.addPort(right, port1);
    from.transport.sendPacket(right, packet(2));
    from.transport.close();
    await new Promise<void>((resolve) => to.transport.peerDead(left, resolve));
    expect(to.received).to.have.length(2);
    to.transport.close();
  });
});
