/** Streams of requests for property tests: sound ones, mutated ones, garbage; and ways to cut them into chunks. */
import * as fc from 'fast-check';
import { trustBytes, type ByteString } from '../../src/bytes.js';
import { defaultLimits, type GatewayLimits } from '../../runner/gateway/limits.js';
import { RequestParser, type Request } from '../../runner/gateway/resp-parser.js';
import { encodeRequest } from '../../runner/gateway/resp-writer.js';

/** Small limits, so that short streams run into them. */
export const smallLimits: GatewayLimits = {
  ...defaultLimits,
  valueBytesMax: 40,
  requestBytesMax: 120,
  inlineBytesMax: 60,
  bulkBytesMax: 1_000,
  argumentsMax: 12,
};

export const byteStrings = (maxLength: number): fc.Arbitrary<ByteString> =>
  fc.uint8Array({ maxLength }).map((bytes) => trustBytes(Buffer.from(bytes).toString('latin1')));

const soundRequest = fc.array(byteStrings(50), { minLength: 1, maxLength: 14 }).map(encodeRequest);

/** Pieces that grammars stumble over. */
const oddPiece = fc.constantFrom(
  '\r\n',
  '\n',
  '\r',
  '*',
  '$',
  '*0\r\n',
  '*-1\r\n',
  '*1\r\n$-1\r\n',
  '*1\r\n$01\r\nx\r\n',
  '*2\r\n$3\r\nGET\r\n$41\r\n' + 'v'.repeat(41) + '\r\n',
  '*1\r\n$1001\r\n',
  '*99999999999999999999\r\n',
  '*13\r\n',
  '*1\r\n*1\r\n',
  'GET "a b"\r\n',
  'GET "a\r\n',
  "SET k 'it\\'s' \"\\x41\\n\"\n",
  'GET / HTTP/1.1\r\nHost: x\r\n\r\n',
  'POST / HTTP/1.1\r\n',
  '\u0016\u0003\u0001',
  'x'.repeat(61),
);

const garbage = byteStrings(12);

/** Sound requests and odd pieces in any order, some with a byte changed. */
export const requestStreams: fc.Arbitrary<string> = fc
  .tuple(
    fc.array(fc.oneof({ weight: 4, arbitrary: soundRequest }, { weight: 3, arbitrary: oddPiece }, garbage), {
      maxLength: 8,
    }),
    fc.option(fc.tuple(fc.nat(), fc.integer({ min: 0, max: 255 })), { freq: 3 }),
  )
  .map(([pieces, mutation]) => {
    const stream = pieces.join('');
    if (mutation === null || stream === '') return stream;
    const at = mutation[0] % stream.length;
    return stream.slice(0, at) + String.fromCharCode(mutation[1]) + stream.slice(at + 1);
  });

/** Where to cut, as parts of the stream's length. */
export const cuts = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 12 });

export function cut(stream: string, parts: readonly number[]): readonly Buffer[] {
  const bytes = Buffer.from(stream, 'latin1');
  const ends = [...parts.map((part) => Math.floor(part * bytes.length)), bytes.length].sort((a, b) => a - b);
  let start = 0;
  return ends.map((end) => {
    const chunk = bytes.subarray(start, end);
    start = end;
    return Buffer.from(chunk);
  });
}

/** All that the parser makes of the chunks. */
export function parseChunks(chunks: readonly Buffer[], limits: GatewayLimits = defaultLimits): Request[] {
  const parser = new RequestParser(limits, limits.argumentsMax);
  const requests: Request[] = [];
  for (const chunk of chunks) {
    parser.push(chunk);
    for (let request = parser.next(); request !== undefined; request = parser.next()) requests.push(request);
  }
  return requests;
}

export function parse(stream: string, limits: GatewayLimits = defaultLimits): Request[] {
  return parseChunks([Buffer.from(stream, 'latin1')], limits);
}
