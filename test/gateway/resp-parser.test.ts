/** The bar for the request parser: docs, "Security and limits". */
import { expect } from 'chai';
import * as fc from 'fast-check';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { trustBytes } from '../../src/bytes.js';
import { defaultLimits } from '../../runner/gateway/limits.js';
import { RequestParser } from '../../runner/gateway/resp-parser.js';
import { encodeRequest } from '../../runner/gateway/resp-writer.js';
import {
  byteStrings,
  cut,
  cuts,
  parse,
  parseChunks,
  requestStreams,
  smallLimits,
} from './request-streams.js';

const command = (...args: string[]) => ({ type: 'command', args });
const broken = (message: string) => ({ type: 'protocolError', message: `ERR Protocol error: ${message}` });

describe('the request parser', () => {
  const examples: readonly (readonly [situation: string, stream: string, requests: readonly object[]])[] = [
    ['an array of bulk strings', '*2\r\n$3\r\nGET\r\n$1\r\nk\r\n', [command('GET', 'k')]],
    ['bytes of any kind in a bulk string', '*1\r\n$4\r\n\r\n\0\xff\r\n', [command('\r\n\0\xff')]],
    ['an empty bulk string', '*2\r\n$1\r\na\r\n$0\r\n\r\n', [command('a', '')]],
    [
      'pipelined requests',
      '*1\r\n$1\r\na\r\nb\r\n*1\r\n$1\r\nc\r\n',
      [command('a'), command('b'), command('c')],
    ],
    ['arrays of nothing, which are passed over', '*0\r\n*-1\r\n*1\r\n$1\r\na\r\n', [command('a')]],
    ['empty lines, which are passed over', '\r\n\n  \r\nPING\r\n', [command('PING')]],
    ['a line of words', 'SET key  value\r\n', [command('SET', 'key', 'value')]],
    ['a line without a carriage return', 'PING\n', [command('PING')]],
    ['double quotes with escapes', 'SET k "a\\x41\\n\\"b"\r\n', [command('SET', 'k', 'aA\n"b')]],
    ['single quotes', "SET k 'it\\'s \\n'\r\n", [command('SET', 'k', "it's \\n")]],
    ['a quote that is not closed', 'SET k "a\r\n', [broken('unbalanced quotes in request')]],
    ['text right after a quote', 'SET k "a"b\r\n', [broken('unbalanced quotes in request')]],
    ['a count that is no number', '*x\r\n', [broken('invalid multibulk length')]],
    ['a count with a leading zero', '*01\r\n', [broken('invalid multibulk length')]],
    ['an empty count', '*\r\n', [broken('invalid multibulk length')]],
    ['a count of more than 20 characters', `*${'1'.repeat(21)}\r\n`, [broken('invalid multibulk length')]],
    ['more than 1,048,576 arguments', '*1048577\r\n', [broken('invalid multibulk length')]],
    ['an array in an array', '*1\r\n*1\r\n', [broken("expected '$', got '*'")]],
    ['a control character for a type', '*1\r\n\x01', [broken("expected '$', got '\\x01'")]],
    ['a negative length', '*1\r\n$-1\r\n', [broken('invalid bulk length')]],
    ['a bulk string of more than 512 MB', '*1\r\n$536870913\r\n', [broken('invalid bulk length')]],
    [
      'a bulk string longer than it said',
      '*1\r\n$1\r\nab\r\n',
      [broken('expected a line end after the bulk string')],
    ],
    [
      'a bulk string that ends in half a line end',
      '*1\r\n$1\r\nax\n',
      [broken('expected a line end after the bulk string')],
    ],
    ['a line of more than 64 KiB', 'x'.repeat(65_537), [broken('too big inline request')]],
    ['nothing after an error', '*x\r\nPING\r\n', [broken('invalid multibulk length')]],
  ];
  for (const [situation, stream, requests] of examples) {
    it(`takes ${situation}, whole and byte by byte`, () => {
      expect(parse(stream)).to.deep.equal(requests);
      const bytes = Buffer.from(stream, 'latin1');
      expect(parseChunks([...bytes].map((byte) => Buffer.from([byte])))).to.deep.equal(requests);
    });
  }

  for (const beginning of ['GET / HTTP/1.1', 'POST /', 'HEAD ', 'PUT /x', 'OPTIONS *', 'PRI * HTTP/2.0']) {
    it(`refuses HTTP at its first bytes: ${beginning}`, () => {
      const [request, ...others] = parse(beginning);
      expect(request).to.include({ type: 'protocolError' });
      expect(request)
        .to.have.property('message')
        .that.matches(/not HTTP/);
      expect(others).to.deep.equal([]);
    });
  }

  it('refuses a TLS greeting at its first bytes', () => {
    expect(parse('\x16\x03\x01')).to.deep.equal([
      { type: 'protocolError', message: 'ERR this port does not speak TLS' },
    ]);
  });

  it('takes a line that only resembles HTTP', () => {
    expect(parse('GET key\r\nGET /key\r\n')).to.deep.equal([command('GET', 'key'), command('GET', '/key')]);
  });

  it('reads past a value over the limit without keeping it, and goes on', () => {
    const parser = new RequestParser(defaultLimits, defaultLimits.argumentsMax);
    const bytes = defaultLimits.valueBytesMax + 1;
    parser.push(Buffer.from('*3\r\n$3\r\nSET\r\n$1\r\nk'));
    expect(parser.next()).to.equal(undefined);
    parser.push(Buffer.from(`\r\n$${bytes}\r\n`));
    expect(parser.next()).to.equal(undefined);
    const part = Buffer.alloc(1024);
    for (let sent = 0; sent < bytes; sent += part.length) {
      parser.push(part.subarray(0, Math.min(part.length, bytes - sent)));
      expect(parser.next()).to.equal(undefined);
      expect(parser.pendingBytes).to.equal(0);
    }
    parser.push(Buffer.from('\r\n*1\r\n$4\r\nPING\r\n'));
    expect(parser.next()).to.deep.equal({
      type: 'refused',
      message: `ERR argument of ${bytes} bytes exceeds the limit of ${defaultLimits.valueBytesMax}`,
    });
    expect(parser.next()).to.deep.equal(command('PING'));
  });

  it('reads past a request over the limit', () => {
    const request = encodeRequest(Array.from({ length: 5 }, () => trustBytes('x'.repeat(30))));
    expect(parse(`${request}PING\r\n`, smallLimits)).to.deep.equal([
      { type: 'refused', message: 'ERR request exceeds the limit of 120 bytes' },
      command('PING'),
    ]);
  });

  it('takes what the writer writes', () => {
    fc.assert(
      fc.property(
        fc.array(fc.array(byteStrings(80), { minLength: 1, maxLength: 6 }), { maxLength: 6 }),
        (requests) => {
          expect(parse(requests.map(encodeRequest).join(''))).to.deep.equal(
            requests.map((args) => command(...args)),
          );
        },
      ),
    );
  });

  it('makes the same of a stream however it is cut into chunks, and at most one error, at the end', () => {
    fc.assert(
      fc.property(requestStreams, cuts, (stream, parts) => {
        const whole = parse(stream, smallLimits);
        expect(parseChunks(cut(stream, parts), smallLimits)).to.deep.equal(whole);
        const errors = whole.filter(({ type }) => type === 'protocolError').length;
        expect(errors).to.be.lessThan(2);
        if (errors === 1) expect(whole.at(-1)?.type).to.equal('protocolError');
      }),
      { numRuns: 1_500 },
    );
  });

  it('holds a request of 10 MB that comes byte by byte in at most twice its size, within 10 seconds', () => {
    const limits = { ...defaultLimits, valueBytesMax: 16 * 1024 * 1024 };
    const bytes = 10 * 1024 * 1024;
    const parser = new RequestParser(limits, limits.argumentsMax);
    parser.push(Buffer.from(`*2\r\n$3\r\nGET\r\n$${bytes}\r\n`));
    expect(parser.next()).to.equal(undefined);
    const chunk = Buffer.from('x');
    const before = memoryBytes();
    const started = performance.now();
    for (let sent = 0; sent < bytes; sent++) {
      parser.push(chunk);
      parser.next();
    }
    expect(performance.now() - started).to.be.lessThan(10_000);
    expect(memoryBytes() - before).to.be.lessThan(2 * bytes + 64 * 1024);
    parser.push(Buffer.from('\r\n'));
    const request = parser.next();
    expect(request?.type === 'command' ? request.args[1]?.length : undefined).to.equal(bytes);
  });

  it('holds a request of very many tiny arguments in at most twice its size', () => {
    const parser = new RequestParser(defaultLimits, defaultLimits.argumentsMax);
    parser.push(Buffer.from('*1048576\r\n'));
    parser.next();
    const part = Buffer.from('$1\r\nx\r\n'.repeat(1_000));
    const before = memoryBytes();
    for (let index = 0; index < 1_000; index++) {
      parser.push(part);
      expect(parser.next()).to.equal(undefined);
    }
    expect(memoryBytes() - before).to.be.lessThan(2 * 1_000 * part.length + 64 * 1024);
  });

  it('leaves nothing of 100,000 connections that sent garbage', () => {
    const streams = [
      '*x\r\n',
      '*1\r\n$5\r\nab',
      '*3\r\n$3\r\nSET\r\n$1',
      'GET "a\r\n',
      'POST /',
      '*1\r\n$600000000\r\n',
      '\0',
    ];
    const feed = (count: number) => {
      for (let index = 0; index < count; index++) parse(streams[index % streams.length] ?? '');
    };
    feed(5_000);
    // A leak shows in every round; what the engine itself allocates (code, coverage) does not.
    const growth = [1, 2, 3].map(() => {
      const before = memoryBytes();
      feed(100_000);
      return memoryBytes() - before;
    });
    expect(Math.min(...growth)).to.be.lessThan(1024 * 1024);
  });
});

/** Heap and buffers that are still in use. */
function memoryBytes(): number {
  setFlagsFromString('--expose-gc');
  const collect: unknown = runInNewContext('gc');
  // What one collection lets go of, code and its counters among it, another one frees.
  for (let time = 0; time < 3; time++) if (typeof collect === 'function') collect();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}
