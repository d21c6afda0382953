/** Frames out of streams: however the bytes are cut, the same frames or the same error come out, at bounded memory. */
import { expect } from 'chai';
import fc from 'fast-check';
import { frameKinds, type FrameType } from '../../src/wire/frames.js';
import { FrameReader, FrameWriter } from '../../src/io/frames.js';
import { WireError } from '../../src/wire/wire-error.js';

const frameBytesMax = 1_000;
const types = Object.keys(frameKinds) as FrameType[];

/** Frames, well-formed but for what the lists say of some: a length or a kind that no frame may have. */
const streams = fc
  .array(
    fc.record({
      kind: fc.oneof(
        { weight: 20, arbitrary: fc.integer({ min: 1, max: 10 }) },
        fc.integer({ min: 0, max: 255 }),
      ),
      body: fc.uint8Array({ maxLength: 200 }),
      length: fc.oneof({ weight: 30, arbitrary: fc.constant(undefined) }, fc.nat(0xffff_ffff)),
    }),
    { maxLength: 12 },
  )
  .map((frames) =>
    Buffer.concat(
      frames.map(({ kind, body, length }) => {
        const header = Buffer.alloc(5);
        header.writeUInt32LE(length ?? body.length + 1, 0);
        header[4] = kind;
        return Buffer.concat([header, body]);
      }),
    ),
  );

interface Heard {
  readonly frames: readonly string[];
  readonly error: string | undefined;
}

function hear(chunks: Iterable<Buffer>): Heard {
  const frames: string[] = [];
  let bytes = 0;
  const reader = new FrameReader(frameBytesMax, (type, body) =>
    frames.push(`${type} ${body.toString('hex')}`),
  );
  let error: string | undefined;
  for (const chunk of chunks) {
    bytes += chunk.length;
    error ??= reader.push(chunk)?.message;
    expect(reader.heldBytes).to.be.at.most(2 * bytes + 64 * 1024);
  }
  return { frames, error: error ?? reader.end()?.message };
}

function cut(stream: Buffer, places: readonly number[]): Buffer[] {
  const sorted = [...new Set(places.map((place) => place % (stream.length + 1)))].sort((a, b) => a - b);
  const ends = [...sorted, stream.length];
  return ends.map((end, index) => stream.subarray(index === 0 ? 0 : ends[index - 1], end));
}

describe('Streams of frames', () => {
  it('give the same frames and the same error, however they are cut', () => {
    fc.assert(
      fc.property(streams, fc.array(fc.nat(), { maxLength: 20 }), (stream, places) => {
        const whole = hear([stream]);
        expect(hear(cut(stream, places))).to.deep.equal(whole);
        expect(hear(Array.from(stream, (byte) => Buffer.from([byte])))).to.deep.equal(whole);
      }),
      { numRuns: 300 },
    );
  });

  it('come out as the frames that were written', () => {
    const frames = fc.array(
      fc.tuple(
        fc.constantFrom(...types),
        fc.array(
          fc.uint8Array({ maxLength: 50 }).map((bytes) => Buffer.from(bytes).toString('latin1')),
          { maxLength: 3 },
        ),
      ),
    );
    fc.assert(
      fc.property(frames, (list) => {
        const writer = new FrameWriter(frameBytesMax);
        let bytes = 0;
        for (const [type, parts] of list) bytes += writer.write(type, ...parts);
        expect(writer.bytes).to.equal(bytes);
        const heard = hear([writer.take() ?? Buffer.alloc(0)]);
        const hex = ([type, parts]: readonly [string, string[]]): string =>
          `${type} ${Buffer.from(parts.join(''), 'latin1').toString('hex')}`;
        expect(heard).to.deep.equal({ frames: list.map(hex), error: undefined });
        expect(writer.take()).to.equal(undefined);
      }),
    );
  });

  it('refuse a frame by its header when it is too long, and keep nothing for it', () => {
    const reader = new FrameReader(frameBytesMax, () => expect.fail('no frame is whole'));
    expect(reader.push(Buffer.from([0xe9, 0x03, 0, 0]))).to.equal(undefined);
    expect(reader.push(Buffer.from([4]))?.message).to.equal('frame: has 1001 bytes, more than 1000');
    expect(reader.heldBytes).to.equal(0);
    expect(reader.push(Buffer.alloc(1_000))?.message).to.equal('frame: has 1001 bytes, more than 1000');
    expect(reader.heldBytes).to.equal(0);
  });

  it('refuse at once who speaks HTTP or TLS', () => {
    for (const hello of ['GET / HTTP/1.1\r\n', 'POST /', '\u0016\u0003\u0001\u0002\u0000\u0001']) {
      const reader = new FrameReader(64 * 1024 * 1024, () => expect.fail('no frame is whole'));
      expect(reader.push(Buffer.from(hello, 'latin1'))).to.be.instanceOf(WireError);
    }
  });

  it('take memory for bytes that came, not for those announced', () => {
    const reader = new FrameReader(400 * 1024 * 1024, () => undefined);
    const header = Buffer.alloc(5);
    header.writeUInt32LE(400 * 1024 * 1024, 0);
    header[4] = frameKinds.packet;
    expect(reader.push(header)).to.equal(undefined);
    expect(reader.heldBytes).to.be.at.most(64 * 1024);
    const chunk = Buffer.alloc(100_000);
    for (let bytes = chunk.length; bytes < 4_000_000; bytes += chunk.length) {
      reader.push(chunk);
      expect(reader.heldBytes).to.be.at.most(2 * bytes + 64 * 1024);
    }
    expect(reader.end()?.message).to.match(/^frame: ends after \d+ bytes, before its end$/);
    expect(reader.heldBytes).to.equal(0);
  });

  it('let go of a long frame when it was handed on', () => {
    const writer = new FrameWriter();
    writer.write('replies', 'x'.repeat(1_000_000));
    let heard = 0;
    const reader = new FrameReader(2_000_000, (_type, body) => (heard = body.length));
    const bytes = writer.take() ?? Buffer.alloc(0);
    reader.push(bytes.subarray(0, 500_000));
    reader.push(bytes.subarray(500_000));
    expect(heard).to.equal(1_000_000);
    expect(reader.heldBytes).to.equal(0);
  });

  it('pass 10 MB in chunks of one byte within ten seconds', function () {
    this.timeout(60_000);
    const writer = new FrameWriter();
    writer.write('packet', 'x'.repeat(5_000_000));
    for (let index = 0; index < 5_000; index++) writer.write('requests', 'y'.repeat(1_000));
    const bytes = writer.take() ?? Buffer.alloc(0);
    let frames = 0;
    const reader = new FrameReader(8_000_000, () => frames++);
    const cpu = process.cpuUsage();
    for (let index = 0; index < bytes.length; index++) reader.push(bytes.subarray(index, index + 1));
    const { user, system } = process.cpuUsage(cpu);
    expect(frames).to.equal(5_001);
    expect(reader.end()).to.equal(undefined);
    // Time of the processor: the machine may have much else to do.
    expect((user + system) / 1e6).to.be.below(10);
  });

  it('do not take a frame that is longer than the other side would', () => {
    const writer = new FrameWriter(10);
    expect(writer.write('replies', '123456789')).to.equal(14);
    expect(() => writer.write('replies', '1234567890')).to.throw('replies: has 11 bytes, more than 10');
    expect(writer.bytes).to.equal(14);
    expect(writer.take()?.length).to.equal(14);
  });

  it('end where whoever hears a frame finds it wrong', () => {
    const writer = new FrameWriter();
    for (const text of ['a', 'b', 'c']) writer.write('ask', text);
    const heard: string[] = [];
    const reader = new FrameReader(100, (_type, body) => {
      heard.push(body.toString());
      if (heard.length === 2) throw new WireError('ask', '', 'is wrong');
    });
    expect(reader.push(writer.take() ?? Buffer.alloc(0))?.message).to.equal('ask: is wrong');
    expect(reader.push(Buffer.from('more'))?.message).to.equal('ask: is wrong');
    expect(heard).to.deep.equal(['a', 'b']);
  });
});
