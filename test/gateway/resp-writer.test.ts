/** Replies: what the writer writes the decoder reads, in RESP3 exactly, in RESP2 as its nearest. */
import { expect } from 'chai';
import * as fc from 'fast-check';
import { trustBytes } from '../../src/bytes.js';
import { ReplyDecoder } from '../../runner/gateway/reply-decoder.js';
import { defaultReplyLimits } from '../../runner/gateway/reply-scanner.js';
import type { RespValue } from '../../runner/gateway/resp-value.js';
import { encodeValue } from '../../runner/gateway/resp-writer.js';
import { byteStrings, cut, cuts } from './request-streams.js';

const lines = byteStrings(20).map((text) => text.replace(/[\r\n]/g, ''));

const { value: values } = fc.letrec<{ value: RespValue; leaf: RespValue }>((tie) => ({
  leaf: fc.oneof(
    fc.constant<RespValue>({ type: 'null' }),
    lines.map((text): RespValue => ({ type: 'simple', text })),
    lines.map((message): RespValue => ({ type: 'error', message })),
    fc.maxSafeInteger().map((value): RespValue => ({ type: 'integer', value })),
    byteStrings(30).map((bytes): RespValue => ({ type: 'bulk', bytes })),
    byteStrings(30).map((bytes): RespValue => ({ type: 'verbatim', format: 'txt', bytes })),
    fc.double().map((value): RespValue => ({ type: 'double', value })),
    fc.boolean().map((value): RespValue => ({ type: 'boolean', value })),
    fc.bigInt().map((digits): RespValue => ({ type: 'bigNumber', digits: String(digits) })),
  ),
  value: fc.oneof(
    { maxDepth: 5, depthSize: 'small' },
    tie('leaf'),
    fc
      .tuple(
        fc.constantFrom('array' as const, 'set' as const, 'push' as const),
        fc.array(tie('value'), { maxLength: 4 }),
      )
      .map(([type, items]): RespValue => ({ type, items })),
    fc
      .array(fc.tuple(tie('value'), tie('value')), { maxLength: 3 })
      .map((entries): RespValue => ({ type: 'map', entries })),
  ),
}));

type Decoded = ReturnType<ReplyDecoder['next']>;

function decodeChunks(chunks: readonly Buffer[]): Decoded[] {
  const decoder = new ReplyDecoder({
    ...defaultReplyLimits,
    bulkBytesMax: 1_000,
    itemsMax: 1_000,
    lineBytesMax: 1_000,
  });
  const replies: Decoded[] = [];
  for (const chunk of chunks) {
    decoder.push(chunk);
    for (let reply = decoder.next(); reply !== undefined; reply = decoder.next()) replies.push(reply);
  }
  return replies;
}

function decode(stream: string): Decoded[] {
  return decodeChunks([Buffer.from(stream, 'latin1')]);
}

describe('replies', () => {
  const examples: readonly (readonly [value: RespValue, resp2: string, resp3: string])[] = [
    [{ type: 'null' }, '$-1\r\n', '_\r\n'],
    [{ type: 'simple', text: 'OK' }, '+OK\r\n', '+OK\r\n'],
    [{ type: 'error', message: 'ERR no' }, '-ERR no\r\n', '-ERR no\r\n'],
    [{ type: 'integer', value: -7 }, ':-7\r\n', ':-7\r\n'],
    [{ type: 'bulk', bytes: trustBytes('a\xff') }, '$2\r\na\xff\r\n', '$2\r\na\xff\r\n'],
    [{ type: 'double', value: 1.5 }, '$3\r\n1.5\r\n', ',1.5\r\n'],
    [{ type: 'double', value: -Infinity }, '$4\r\n-inf\r\n', ',-inf\r\n'],
    [{ type: 'boolean', value: true }, ':1\r\n', '#t\r\n'],
    [{ type: 'verbatim', format: 'txt', bytes: trustBytes('hi') }, '$2\r\nhi\r\n', '=6\r\ntxt:hi\r\n'],
    [{ type: 'bigNumber', digits: '123' }, '$3\r\n123\r\n', '(123\r\n'],
    [{ type: 'set', items: [{ type: 'integer', value: 1 }] }, '*1\r\n:1\r\n', '~1\r\n:1\r\n'],
    [
      { type: 'map', entries: [[{ type: 'null' }, { type: 'null' }]] },
      '*2\r\n$-1\r\n$-1\r\n',
      '%1\r\n_\r\n_\r\n',
    ],
  ];
  for (const [value, resp2, resp3] of examples) {
    it(`write ${value.type} ${JSON.stringify(resp3)}`, () => {
      expect(encodeValue(value, 2)).to.equal(resp2);
      expect(encodeValue(value, 3)).to.equal(resp3);
    });
  }

  it('cannot be split by a line end in an error, nor hold a character beyond a byte', () => {
    const written = encodeValue({ type: 'error', message: 'ERR a\r\n+OK\r\n \u20ac' }, 3);
    expect(written).to.equal('-ERR a +OK  \xe2\x82\xac\r\n');
  });

  it('are read as they were written, however they are cut into chunks', () => {
    fc.assert(
      fc.property(fc.array(values, { maxLength: 4 }), cuts, (replies, parts) => {
        const stream = replies.map((reply) => encodeValue(reply, 3)).join('');
        expect(decodeChunks(cut(stream, parts))).to.deep.equal(
          replies.map((value) => ({ type: 'value', value })),
        );
      }),
    );
  });

  it('make the same of a damaged stream however it is cut, and at most one error, at the end', () => {
    const damaged = fc
      .tuple(fc.array(values, { minLength: 1, maxLength: 4 }), fc.nat(), byteStrings(3))
      .map(([replies, position, bytes]) => {
        const stream = replies.map((reply) => encodeValue(reply, 3)).join('');
        const at = position % stream.length;
        return stream.slice(0, at) + bytes + stream.slice(at + 1);
      });
    fc.assert(
      fc.property(damaged, cuts, (stream, parts) => {
        const whole = decode(stream);
        expect(decodeChunks(cut(stream, parts))).to.deep.equal(whole);
        const errors = whole.filter((reply) => reply?.type === 'protocolError').length;
        expect(errors).to.be.lessThan(2);
        if (errors === 1) expect(whole.at(-1)?.type).to.equal('protocolError');
      }),
      { numRuns: 400 },
    );
  });

  const refused: readonly (readonly [situation: string, stream: string])[] = [
    ['nested deeper than 8', '*1\r\n'.repeat(9)],
    ['of an unknown type', 'x\r\n'],
    ['with a bulk string longer than allowed', '$1001\r\n'],
    ['with more items than allowed', '*1001\r\n'],
    ['with a length that is no number', '$x\r\n'],
    ['with a length of more than 20 characters', `$${'1'.repeat(21)}\r\n`],
    ['with a line longer than allowed', `+${'x'.repeat(1_001)}`],
    ['with an integer that is none', ':x\r\n'],
    ['with a boolean that is none', '#x\r\n'],
    ['with a double that is none', ',1.\u00e9\r\n'],
    ['with bytes after the end of a bulk string', '$1\r\nab\r\n'],
  ];
  for (const [situation, stream] of refused) {
    it(`are refused ${situation}`, () => {
      const replies = decode(stream);
      expect(replies).to.have.lengthOf(1);
      expect(replies[0]).to.include({ type: 'protocolError' });
    });
  }

  it('hold integers beyond 2^53 as digits', () => {
    expect(decode(':9223372036854775807\r\n')).to.deep.equal([
      { type: 'value', value: { type: 'bigNumber', digits: '9223372036854775807' } },
    ]);
  });
});
