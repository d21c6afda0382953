/** Another host for tests, made of a socket and frames alone: it does only what the test says, but for its heartbeats. */
import { connect, type Socket } from 'node:net';
import type { Identifier } from '../../src/chord/identifier.js';
import type { RingConfig } from '../../src/config.js';
import { parseHostAddress } from '../../src/host-address.js';
import { readFrame, writeFrame } from '../../src/io/frame-codec.js';
import { FrameReader, FrameWriter } from '../../src/io/frames.js';
import type { Frame, FrameType } from '../../src/wire/frames.js';
import { frameBytesMaxOf } from '../../src/wire/wire-limits.js';
import { wireVersions } from '../../src/wire/wire-versions.js';

type FrameOf<Type extends FrameType> = Extract<Frame, { readonly type: Type }>;

const beatMs = 500;

export class FramePeer {
  readonly address: string;
  /** The one that it runs. */
  readonly node: Identifier;
  readonly #config: RingConfig;
  readonly #handlers = new Map<FrameType, (frame: Frame) => void>();
  #socket: Socket | undefined;
  #beat: NodeJS.Timeout | undefined;

  constructor(address: string, node: Identifier, config: RingConfig) {
    this.address = address;
    this.node = node;
    this.#config = config;
  }

  /** Resolves when the host at the address has answered the greeting. */
  async link(to: string): Promise<void> {
    const { host, port } = parseHostAddress(to) ?? { host: '', port: 0 };
    const socket = connect({ host, port });
    this.#socket = socket;
    const greeted = new Promise<void>((resolve, reject) => {
      this.on('greeting', () => resolve());
      this.on('refused', ({ reason }) => reject(new Error(reason)));
      socket.once('error', reject);
    });
    const limits = this.#config;
    const reader = new FrameReader(frameBytesMaxOf(limits), (type, body) => {
      const frame = readFrame(type, body, wireVersions.high, limits);
      this.#handlers.get(type)?.(frame);
    });
    socket.on('data', (chunk: Buffer) => {
      const error = reader.push(chunk);
      if (error !== undefined) throw error;
    });
    const { address, node: id } = this;
    this.send({
      type: 'greeting',
      versionLow: wireVersions.low,
      versionHigh: wireVersions.high,
      clusterName: 'rondo',
      clusterId: limits.clusterId,
      boot: 1,
      address,
      wants: 'link',
      config: limits,
      nodes: [{ id, address: `${address}/0`, host: address, incarnation: 0 }],
      hosts: [],
    });
    await greeted;
    let sequence = 0;
    this.#beat = setInterval(
      () => this.send({ type: 'heartbeat', sequence: ++sequence, heard: 0, heardMsAgo: 0 }),
      beatMs,
    );
  }

  /** Hears the frames of a type. */
  on<Type extends FrameType>(type: Type, handler: (frame: FrameOf<Type>) => void): void {
    this.#handlers.set(type, handler as (frame: Frame) => void);
  }

  send(frame: Frame): void {
    const writer = new FrameWriter();
    writeFrame(writer, frame, wireVersions.high);
    this.#socket?.write(writer.take() ?? '');
  }

  /** Takes nothing from its socket any more. */
  pause(): void {
    this.#socket?.pause();
  }
  resume(): void {
    this.#socket?.resume();
  }

  close(): void {
    clearInterval(this.#beat);
    this.#socket?.destroy();
  }
}
