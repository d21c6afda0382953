/** The values of flags, the words of the prompt, and the code that each error ends with. */
import { CommanderError, InvalidArgumentError } from 'commander';
import { expect } from 'chai';
import { RondoError } from '../../src/errors.js';
import { exitCodeOf, usageMessage } from '../../runner/cli/exit-code.js';
import {
  flag,
  parseAddress,
  parseListenAddress,
  parseSize,
  parseSpeed,
  parseWhole,
} from '../../runner/cli/flag.js';
import { table } from '../../runner/cli/output.js';
import { splitWords } from '../../runner/cli/split-words.js';

describe('flag values', () => {
  it('sizes have units of 1024', () => {
    expect(['0', '500', '64mb', '1.5GiB', '2k', '7b'].map(parseSize)).to.deep.equal([
      0,
      500,
      64 * 1024 ** 2,
      1.5 * 1024 ** 3,
      2048,
      7,
    ]);
    for (const text of ['', 'mb', '-1', '5zb', '1e3', '9999999999gb']) {
      expect(() => parseSize(text), text).to.throw(InvalidArgumentError);
    }
  });

  it('addresses are HOST:PORT, a bracketed IPv6 address, or a port alone', () => {
    expect(parseAddress('0')).to.deep.equal({ host: '127.0.0.1', port: 0 });
    expect(parseAddress('localhost:7379')).to.deep.equal({ host: 'localhost', port: 7379 });
    expect(parseAddress('[::1]:80')).to.deep.equal({ host: '::1', port: 80 });
    expect(parseListenAddress('none')).to.equal('none');
    for (const text of ['', 'host', 'host:', ':80', '::1:80', 'a:65536', 'a b:1', 'http://a:1']) {
      expect(() => parseAddress(text), text).to.throw(InvalidArgumentError);
    }
  });

  it('numbers are whole and in range', () => {
    expect(parseWhole('7', 1, 7)).to.equal(7);
    for (const text of ['0', '8', '', '1.5', '-1', '0x1', 'many']) {
      expect(() => parseWhole(text, 1, 7), text).to.throw(InvalidArgumentError);
    }
  });

  it('a speed is max or a positive factor', () => {
    expect(['max', '1', '0.5'].map(parseSpeed)).to.deep.equal(['max', 1, 0.5]);
    for (const text of ['0', '-1', '', 'fast', 'Infinity']) {
      expect(() => parseSpeed(text), text).to.throw(InvalidArgumentError);
    }
  });

  it('have an environment variable of the long name', () => {
    expect(flag('--max-bytes <size>', '').envVar).to.equal('RONDO_MAX_BYTES');
    expect(flag('-n, --nodes <count>', '').envVar).to.equal('RONDO_NODES');
  });
});

describe('the words of the prompt', () => {
  const words = (line: string): unknown => {
    const split = splitWords(line);
    return split.type === 'words' ? split.words : split.message;
  };

  it('are quoted as in a shell', () => {
    expect(words(`put "a b" 'c "d"'`)).to.deep.equal(['put', 'a b', 'c "d"']);
    expect(words(`put Don\\'t "a\\n\\"b"`)).to.deep.equal(['put', "Don't", 'a\n"b']);
    expect(words('get ""')).to.deep.equal(['get', '']);
    expect(words('get a#b # comment')).to.deep.equal(['get', 'a#b']);
    expect(words('   ')).to.deep.equal([]);
  });

  it('with an open quote are refused', () => {
    expect(words('put "a')).to.match(/not closed/);
  });
});

describe('exit codes', () => {
  it('follow what went wrong', () => {
    const code = (error: unknown): number => exitCodeOf(error);
    expect(code(new RondoError('CONNECTION', ''))).to.equal(3);
    expect(code(new RondoError('TIMEOUT', ''))).to.equal(4);
    expect(code(new RondoError('NOQUORUM', ''))).to.equal(4);
    expect(code(new RondoError('UNKNOWN', ''))).to.equal(4);
    expect(code(new RondoError('NOT_FOUND', ''))).to.equal(1);
    expect(code(new RondoError('INVALID_ARGUMENT', ''))).to.equal(2);
    expect(code(new CommanderError(1, 'commander.unknownOption', ''))).to.equal(2);
    expect(code(new CommanderError(0, 'commander.helpDisplayed', ''))).to.equal(0);
    expect(code(new Error('a bug'))).to.equal(1);
  });

  it('of usage come with one line', () => {
    expect(usageMessage('rondo get', "error: unknown option '--jsn'\n(Did you mean --json?)\n")).to.equal(
      "rondo get: unknown option '--jsn' (Did you mean --json?); see rondo get --help",
    );
  });
});

describe('a table', () => {
  it('aligns its columns', () => {
    expect(
      table(
        ['a', 'n'],
        [
          ['long', '1'],
          ['x', '100'],
        ],
        new Set([1]),
      ),
    ).to.deep.equal(['a       n', 'long    1', 'x     100']);
  });
});
