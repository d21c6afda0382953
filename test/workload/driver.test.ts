/** The driver, its histories and its figures, with doors that live in the test. */
import { expect } from 'chai';
import { trustBytes } from '../../src/bytes.js';
import { drive, type DriverOptions } from '../../runner/workload/driver.js';
import { parseHistoryLine } from '../../runner/check/history-line.js';
import { historyLine } from '../../runner/workload/history.js';
import { failureOf, type Door, type Operation, type Outcome } from '../../runner/workload/operation.js';
import { createLatencyHistogram, latencyUs, mergeHops, summarize } from '../../runner/workload/statistics.js';

const options: DriverOptions = { outstanding: 1, speed: 'max', client: 0, clients: 1, history: false };
const get = (key: string, atNs?: number): Operation => ({
  type: 'get',
  key: trustBytes(key),
  atNs,
  client: undefined,
});
const put = (key: string): Operation => ({
  type: 'put',
  key: trustBytes(key),
  value: trustBytes('v'),
  ttlMs: 0,
  onlyIf: undefined,
  atNs: undefined,
  client: undefined,
});

function door(answer: (operation: Operation) => Outcome | Promise<Outcome>): Door {
  return {
    perform: async (operation) => answer(operation),
    hops: () => undefined,
    close: async () => undefined,
  };
}

describe('a driver', () => {
  it('in closed loop sends the next operation only after the last answer, in order', async () => {
    const seen: string[] = [];
    let underWay = 0;
    let most = 0;
    await drive(
      ['a', 'b', 'c', 'd'].map((key) => get(key)),
      door(async (operation) => {
        most = Math.max(most, ++underWay);
        await Promise.resolve();
        seen.push(operation.key);
        underWay--;
        return { type: 'value', value: undefined };
      }),
      options,
    );
    expect(seen.join('')).to.equal('abcd');
    expect(most).to.equal(1);
  });

  it('with several outstanding keeps that many under way, and no more', async () => {
    let underWay = 0;
    let most = 0;
    await drive(
      Array.from({ length: 20 }, (_, index) => get(String(index))),
      door(async () => {
        most = Math.max(most, ++underWay);
        await Promise.resolve();
        underWay--;
        return { type: 'value', value: undefined };
      }),
      { ...options, outstanding: 3 },
    );
    expect(most).to.equal(3);
  });

  it('counts hits, misses and errors by their code, and goes on after an error', async () => {
    const report = await drive(
      [get('hit'), get('miss'), put('bad'), put('good')],
      door((operation) => {
        if (operation.key === 'bad')
          return { type: 'failed', code: 'BUSY', message: 'BUSY full', unknown: false };
        if (operation.type === 'put') return { type: 'done', output: true };
        return { type: 'value', value: operation.key === 'hit' ? trustBytes('v') : undefined };
      }),
      options,
    );
    expect(report).to.include({ operations: 4, errors: 1, hits: 1, misses: 1, firstError: 'BUSY full' });
    expect([...report.errorsByCode]).to.deep.equal([['BUSY', 1]]);
    expect(report.latency.count).to.equal(4);
  });

  it('in a paced run waits for the recorded times, divided by the speed', async () => {
    const report = await drive(
      [get('a', 1e9), get('b', 1e9 + 40e6)],
      door(() => ({ type: 'value', value: undefined })),
      { ...options, speed: 2 },
    );
    expect(report.endNs - report.startNs).to.be.within(20e6, 2e9);
  });

  it('writes a history whose client changes its number after an unknown outcome', async () => {
    let calls = 0;
    const report = await drive(
      [put('a'), put('a'), get('a')],
      door((operation) => {
        if (++calls === 1) return { type: 'failed', code: 'UNKNOWN', message: 'UNKNOWN lost', unknown: true };
        return operation.type === 'put'
          ? { type: 'done', output: true }
          : { type: 'value', value: trustBytes('v') };
      }),
      { ...options, client: 2, clients: 5, history: true },
    );
    const lines = report.history.map((line): unknown => JSON.parse(line));
    expect(lines[0]).to.include({ client: 2, op: 'put', key: 'a', value: 'v', ok: 'unknown' });
    expect(lines[1]).to.include({ client: 7, ok: true }).and.not.have.property('output');
    expect(lines[2]).to.include({ client: 7, op: 'get', output: 'v', ok: true });
  });
});

describe('a history', () => {
  const key = trustBytes('k');
  const recorded = { key, atNs: undefined, client: undefined };
  const cas: Operation = {
    type: 'compareAndSet',
    expected: trustBytes('a'),
    value: trustBytes('b'),
    ...recorded,
  };
  const line = (operation: Operation, outcome: Outcome): unknown => {
    const text = historyLine(1, operation, outcome, 5, 9);
    return text === undefined ? undefined : JSON.parse(text);
  };

  it('tells what a compareAndSet expected, whether it was accepted, and what it found', () => {
    const asked = { client: 1, op: 'cas', key: 'k', expected: 'a', value: 'b', start_ns: 5, end_ns: 9 };
    expect(line(cas, { type: 'done', output: true })).to.deep.equal({ ...asked, output: true, ok: true });
    expect(line(cas, { type: 'refused', actual: trustBytes('c') })).to.deep.equal({
      ...asked,
      output: false,
      actual: 'c',
      ok: true,
    });
    expect(line(cas, { type: 'refused', actual: undefined })).to.include({ output: false, actual: null });
    const text = historyLine(1, cas, { type: 'refused', actual: trustBytes('c') }, 5, 9) ?? '';
    expect(parseHistoryLine(text, 1)).to.have.nested.property('operation.action.type', 'refusal');
  });

  it('tells the step and the sum of an increment, and nothing of a scan', () => {
    const increment: Operation = { type: 'increment', step: 5, ...recorded };
    expect(line(increment, { type: 'done', output: 7 })).to.include({ op: 'incr', value: 5, output: 7 });
    const scan: Operation = { type: 'scan', partition: 1, count: 2, ...recorded };
    expect(line(scan, { type: 'done', output: true })).to.equal(undefined);
  });

  it('says unknown of every failure of a change that is not certain, and of no read', () => {
    const ok = (operation: Operation, code: string): unknown => {
      const parsed = line(operation, failureOf(operation, code, 'why'));
      return typeof parsed === 'object' && parsed !== null && 'ok' in parsed ? parsed.ok : undefined;
    };
    for (const code of [
      'NOQUORUM',
      'BUSY',
      'TRYAGAIN',
      'ERR',
      'INVALID_ARGUMENT',
      'UNSUPPORTED',
      'CONNECTION',
    ])
      expect(ok(cas, code), code).to.equal(false);
    for (const code of ['UNKNOWN', 'CLOSED', 'ABORTED', 'TIMEOUT', 'INTERNAL']) {
      expect(ok(cas, code), code).to.equal('unknown');
      expect(ok(get('k'), code), code).to.equal(false);
    }
  });
});

describe('statistics', () => {
  it('merge histograms, so percentiles are of all operations', async () => {
    const fast = await drive(
      [get('a')],
      door(() => ({ type: 'value', value: undefined })),
      options,
    );
    const slow = { ...fast, latency: createLatencyHistogram(), startNs: 0, endNs: 2e9, operations: 99 };
    for (let count = 0; count < 99; count++) slow.latency.record(1_000_000);
    const summary = summarize([{ ...fast, startNs: 1e9, endNs: 1e9 }, slow]);
    expect(summary).to.include({ operations: 100, seconds: 2, throughput: 50, clients: 2 });
    expect(summary.latencyUs.p50).to.be.within(999, 1001);
  });

  it('of nothing are zeros, not infinities', () => {
    const summary = summarize([]);
    expect(summary).to.include({ operations: 0, seconds: 0, throughput: 0 });
    expect(latencyUs(createLatencyHistogram())).to.deep.equal({ p50: 0, p90: 0, p99: 0, p999: 0, max: 0 });
  });

  it('weigh hops by lookups', () => {
    expect(
      mergeHops([
        { lookups: 1, mean: 4, max: 4 },
        { lookups: 3, mean: 0, max: 1 },
      ]),
    ).to.deep.equal({ lookups: 4, mean: 1, max: 4 });
    expect(mergeHops([])).to.equal(null);
  });
});
