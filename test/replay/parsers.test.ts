/** The line parsers: what each format's lines mean, and that no bytes make one throw. */
import { expect } from 'chai';
import fc from 'fast-check';
import { trustBytes, type ByteString } from '../../src/bytes.js';
import { detectFormat, parserFor } from '../../runner/replay/detect.js';
import { formatNames, type Existing, type FormatName, type Parsed } from '../../runner/replay/format.js';

function parse(
  format: FormatName,
  line: string,
  file = 'requests_00.txt',
  existing: Existing = 'replace',
): Parsed {
  const parser = parserFor(format, file, trustBytes(line), existing);
  if (parser === undefined) throw new Error('no parser');
  return parser(trustBytes(line), { file, line: 7 });
}

/** Type, key and value of the line's operations; or its problem. */
function brief(parsed: Parsed): unknown {
  if (parsed.type !== 'operations') return parsed.type === 'problem' ? parsed.message : 'nothing';
  return parsed.operations.map((operation) =>
    'value' in operation ? [operation.type, operation.key, operation.value] : [operation.type, operation.key],
  );
}

describe('chordify lines', () => {
  it('take titles verbatim, a trailing space included', () => {
    expect(brief(parse('chordify', 'Song ', 'insert_03_part.txt'))).to.deep.equal([
      ['put', 'Song ', 'insert_03_part.txt:7'],
    ]);
    expect(brief(parse('chordify', 'Song ', 'query_03.txt'))).to.deep.equal([['get', 'Song ']]);
    expect(brief(parse('chordify', 'query, Song '))).to.deep.equal([['get', 'Song ']]);
    expect(brief(parse('chordify', "insert, Don't Go , 541"))).to.deep.equal([['put', "Don't Go ", '541']]);
  });

  it('of the older edition give a title and its value', () => {
    expect(brief(parse('chordify', 'Like a Rolling Stone, 1', 'insert.txt'))).to.deep.equal([
      ['put', 'Like a Rolling Stone', '1'],
    ]);
  });

  it('append where the edition appends', () => {
    expect(brief(parse('chordify', 'insert, Song, 5', 'requests_00.txt', 'append'))).to.deep.equal([
      ['append', 'Song', '5'],
    ]);
  });

  it('that are broken say what was expected', () => {
    expect(brief(parse('chordify', 'delete, Song'))).to.match(/expected "query, TITLE" or/);
    expect(brief(parse('chordify', 'insert, Song'))).to.match(/expected .* found "insert, Song"/);
    expect(brief(parse('chordify', 'no comma', 'insert.txt'))).to.match(/expected "title, value"/);
    expect(brief(parse('chordify', ''))).to.equal('nothing');
  });
});

describe('YCSB lines', () => {
  it('keep the fields as one value, brackets inside included', () => {
    expect(brief(parse('ycsb', 'INSERT usertable user12 [ field0=a] b field1=c ]'))).to.deep.equal([
      ['put', 'user12', 'field0=a] b field1=c'],
    ]);
    expect(brief(parse('ycsb', 'READ usertable user12 [ <all fields>]'))).to.deep.equal([['get', 'user12']]);
    expect(brief(parse('ycsb', 'UPDATE usertable user12 [ field3=x ]'))).to.deep.equal([
      ['put', 'user12', 'field3=x'],
    ]);
    expect(brief(parse('ycsb', 'DELETE usertable user12'))).to.deep.equal([['delete', 'user12']]);
  });

  it('that read a range are refused with the reason', () => {
    expect(brief(parse('ycsb', 'SCAN usertable user12 10 [ <all fields>]'))).to.match(/keeps none/);
  });

  it('around the trace hold no operation', () => {
    for (const line of ['***************** properties *****************', '"workload"="x"', '[OVERALL], a']) {
      expect(brief(parse('ycsb', line))).to.equal('nothing');
    }
  });
});

describe('Twitter cache trace lines', () => {
  it('carry sizes, a client, a time and a time to live', () => {
    expect(parse('twemcache', '12,a,b,3,100,7,set,60')).to.deep.equal({
      type: 'operations',
      operations: [
        { type: 'put', key: 'a,b', value: 100, ttlMs: 60_000, onlyIf: undefined, atNs: 12e9, client: '7' },
      ],
    });
    expect(brief(parse('twemcache', '0,k,1,0,7,gets,0'))).to.deep.equal([['get', 'k']]);
  });

  it('name the operation that cannot be replayed', () => {
    expect(brief(parse('twemcache', '0,k,1,0,7,incr,0'))).to.match(/incr cannot be played/);
    expect(brief(parse('twemcache', '0,k,1,9999999,7,set,0'))).to.match(/larger than a record may be/);
    expect(brief(parse('twemcache', '0,k,1'))).to.match(/expected "timestamp,/);
  });
});

describe('recording lines', () => {
  it('hold text, or base64 where the bytes are none', () => {
    expect(parse('jsonl', '{"t_ns":5,"client":3,"op":"put","key":"k","value":"v","ttl_ms":9}')).to.deep.equal(
      {
        type: 'operations',
        operations: [
          { type: 'put', key: 'k', value: 'v', ttlMs: 9, onlyIf: undefined, atNs: 5, client: '3' },
        ],
      },
    );
    expect(brief(parse('jsonl', '{"op":"append","key_base64":"/w==","value":"\u00c3\u00a9"}'))).to.deep.equal(
      [['append', '\u00ff', '\u00c3\u00a9']],
    );
  });

  it('of compareAndSet and increment hold what a history holds', () => {
    expect(parse('jsonl', '{"op":"cas","key":"k","expected":"a","value":"b"}')).to.deep.equal({
      type: 'operations',
      operations: [
        { type: 'compareAndSet', key: 'k', expected: 'a', value: 'b', atNs: undefined, client: undefined },
      ],
    });
    for (const [value, step] of [
      ['', 1],
      [',"value":5', 5],
      [',"value":"-7"', -7],
    ] as const) {
      const parsed = parse('jsonl', `{"op":"incr","key":"k"${value}}`);
      expect(parsed.type === 'operations' && parsed.operations[0]).to.include({ type: 'increment', step });
    }
    expect(brief(parse('jsonl', '{"op":"cas","key":"k","value":"b"}'))).to.match(/needs "expected"/);
    expect(brief(parse('jsonl', '{"op":"incr","key":"k","value":"x"}'))).to.match(/whole number/);
  });

  it('that are broken name the field', () => {
    expect(brief(parse('jsonl', '{"op":"put","key":"k"}'))).to.match(/needs "value"/);
    expect(brief(parse('jsonl', '{"op":"put","key":5}'))).to.match(/key: .*string/i);
    expect(brief(parse('jsonl', '{"op":"get"}'))).to.match(/expected "key"/);
    expect(brief(parse('jsonl', '{'))).to.match(/found|expected/);
  });
});

describe('MONITOR lines', () => {
  const at = '1339518083.107412 [0 127.0.0.1:60866]';

  it('are unquoted as Redis quotes them', () => {
    expect(brief(parse('redis-monitor', `${at} "set" "a\\"b\\x00" "\\\\ \\n"`))).to.deep.equal([
      ['put', 'a"b\u0000', '\\ \n'],
    ]);
  });

  it('with many keys are many operations', () => {
    expect(brief(parse('redis-monitor', `${at} "MSET" "a" "1" "b" "2"`))).to.deep.equal([
      ['put', 'a', '1'],
      ['put', 'b', '2'],
    ]);
    expect(brief(parse('redis-monitor', `${at} "del" "a" "b"`))).to.deep.equal([
      ['delete', 'a'],
      ['delete', 'b'],
    ]);
  });

  it('keep expiry and conditions', () => {
    const parsed = parse('redis-monitor', `${at} "set" "a" "1" "EX" "5" "NX"`);
    expect(parsed.type === 'operations' && parsed.operations[0]).to.include({
      ttlMs: 5000,
      onlyIf: 'absent',
    });
  });

  it('that count are increments, of either sign', () => {
    for (const [words, step] of [
      ['"incr" "n"', 1],
      ['"decr" "n"', -1],
      ['"INCRBY" "n" "5"', 5],
      ['"decrby" "n" "5"', -5],
    ] as const) {
      const parsed = parse('redis-monitor', `${at} ${words}`);
      expect(parsed.type === 'operations' && parsed.operations[0]).to.include({ key: 'n', step });
    }
    expect(brief(parse('redis-monitor', `${at} "incrby" "n" "x"`))).to.match(/without a whole number/);
  });

  it('about the connection hold none, and other data types are named', () => {
    expect(brief(parse('redis-monitor', 'OK'))).to.equal('nothing');
    expect(brief(parse('redis-monitor', `${at} "ping"`))).to.equal('nothing');
    expect(brief(parse('redis-monitor', `${at} "lpush" "l" "1"`))).to.match(/"lpush" is not replayed/);
    expect(brief(parse('redis-monitor', `${at} "\nset" "a" "1"`))).to.match(/^"\?set" is not replayed/);
    expect(brief(parse('redis-monitor', `${at} "set" "a`))).to.match(/expected/);
  });
});

describe('any bytes', () => {
  const bytes = fc
    .uint8Array({ maxLength: 80 })
    .map((array): ByteString => trustBytes(String.fromCharCode(...array)));
  const nearly = fc.constantFrom(
    'insert, a, b',
    'READ usertable user1 [ f=1 ]',
    '1,k,1,1,1,set,0',
    '{"op":"get","key":"k"}',
    '1.5 [0 1.2.3.4:5] "set" "k" "v"',
  );
  const mangled = fc
    .tuple(nearly, fc.nat(40), bytes)
    .map(([line, at, noise]) => trustBytes(line.slice(0, at) + noise + line.slice(at)));
  for (const format of formatNames) {
    it(`give ${format} operations, nothing or a problem of one line, never a throw`, () => {
      fc.assert(
        fc.property(fc.oneof(bytes, mangled), (line) => {
          const parsed = parse(format, line);
          if (parsed.type === 'problem') expect(parsed.message).to.not.match(/[\r\n]/);
          if (parsed.type === 'operations') {
            for (const operation of parsed.operations) expect(operation.key).to.be.a('string');
          }
        }),
        { numRuns: 500 },
      );
    });
  }
});

describe('detection', () => {
  it('goes by name first, then by the first lines', () => {
    expect(detectFormat('/x/insert_00_part.txt', [])).to.equal('chordify');
    expect(detectFormat('requests.txt', [])).to.equal('chordify');
    expect(detectFormat('a.jsonl', [])).to.equal('jsonl');
    expect(detectFormat('trace', ['"p"="q"', 'READ usertable user1 [ <all fields>]'])).to.equal('ycsb');
    expect(detectFormat('cluster12.sort', ['0,k,1,1,1,get,0'])).to.equal('twemcache');
    expect(detectFormat('log', ['OK', '1.5 [0 unix:/s] "get" "k"'])).to.equal('redis-monitor');
    expect(detectFormat('notes.txt', ['hello'])).to.equal(undefined);
  });
});
