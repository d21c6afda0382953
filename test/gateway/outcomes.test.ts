/** First words of error replies: what is certain to have had no effect, and what is not. */
import { expect } from 'chai';
import { RondoError, type ErrorCode } from '../../src/errors.js';
import { statuses, type Status } from '../../src/wire/requests.js';
import { createHarness } from './harness.js';
import { show } from './show.js';
import { replyOf } from '../support/fake-ring.js';

const firstWord = (text: string) => /^error (\S+)/.exec(text)?.[1] ?? text;

describe('the outcome of a request', () => {
  const replies: readonly (readonly [status: Status, onRead: string, onChange: string])[] = [
    [statuses.busy, 'BUSY', 'BUSY'],
    [statuses.tryAgain, 'TRYAGAIN', 'TRYAGAIN'],
    [statuses.error, 'ERR', 'ERR'],
    [statuses.unsupported, 'ERR', 'ERR'],
    [statuses.noQuorum, 'NOQUORUM', 'NOQUORUM'],
    [statuses.unknown, 'NOQUORUM', 'UNKNOWN'],
    [statuses.reserved, 'ERR', 'UNKNOWN'],
  ];
  for (const [status, onRead, onChange] of replies) {
    it(`with status ${status} starts with ${onRead} for a read and ${onChange} for a change`, async () => {
      const harness = createHarness();
      harness.ring.intercept = () => replyOf(status, 'because');
      expect(firstWord(show(await harness.call('GET', 'k')))).to.equal(onRead);
      expect(firstWord(show(await harness.call('SET', 'k', 'v')))).to.equal(onChange);
      expect(firstWord(show(await harness.call('APPEND', 'k', 'v')))).to.equal(onChange);
      expect(firstWord(show(await harness.call('DEL', 'k')))).to.equal(onChange);
    });
  }

  const errors: readonly (readonly [code: ErrorCode, onRead: string, onChange: string])[] = [
    ['NOQUORUM', 'NOQUORUM', 'NOQUORUM'],
    ['BUSY', 'BUSY', 'BUSY'],
    ['UNKNOWN', 'NOQUORUM', 'UNKNOWN'],
    ['TIMEOUT', 'NOQUORUM', 'UNKNOWN'],
    ['ABORTED', 'TRYAGAIN', 'UNKNOWN'],
    ['CLOSED', 'TRYAGAIN', 'UNKNOWN'],
    ['CONNECTION', 'TRYAGAIN', 'UNKNOWN'],
    ['INVALID_ARGUMENT', 'ERR', 'ERR'],
    ['UNSUPPORTED', 'ERR', 'ERR'],
    ['NOT_FOUND', 'ERR', 'ERR'],
    ['INTERNAL', 'ERR', 'UNKNOWN'],
  ];
  for (const [code, onRead, onChange] of errors) {
    it(`that fails with ${code} starts with ${onRead} for a read and ${onChange} for a change`, async () => {
      const harness = createHarness();
      harness.ring.intercept = () => Promise.reject(new RondoError(code, 'because'));
      expect(firstWord(show(await harness.call('GET', 'k')))).to.equal(onRead);
      expect(firstWord(show(await harness.call('SET', 'k', 'v')))).to.equal(onChange);
      expect(firstWord(show(await harness.call('MSET', 'k', 'v')))).to.equal(onChange);
      expect(firstWord(show(await harness.call('FLUSHALL')))).to.equal(onChange);
    });
  }

  it('of a bug is said to be one', async () => {
    const harness = createHarness();
    harness.ring.intercept = () => Promise.reject(new Error('oops'));
    expect(show(await harness.call('GET', 'k'))).to.equal('error ERR internal error: oops');
    expect(show(await harness.call('SET', 'k', 'v'))).to.equal('error UNKNOWN internal error: oops');
  });

  it('of a change to several keys is unknown as soon as one part took effect', async () => {
    const harness = createHarness();
    harness.ring.intercept = ({ key }) => (key === 'b' ? replyOf(statuses.busy, 'full') : undefined);
    expect(show(await harness.call('MSET', 'a', '1', 'b', '2', 'c', '3'))).to.equal(
      'error UNKNOWN 2 of 3 parts took effect; the first of the others: BUSY full',
    );
    expect(show(await harness.call('DEL', 'b'))).to.equal('error BUSY full');
    harness.ring.intercept = ({ partition }) =>
      partition === 3 ? replyOf(statuses.busy, 'full') : undefined;
    expect(firstWord(show(await harness.call('FLUSHALL')))).to.equal('UNKNOWN');
  });

  it('of a read of several keys is the first failure', async () => {
    const harness = createHarness();
    harness.ring.intercept = ({ key }) => (key === 'b' ? replyOf(statuses.tryAgain, 'joining') : undefined);
    expect(show(await harness.call('MGET', 'a', 'b'))).to.equal('error TRYAGAIN joining');
    expect(show(await harness.call('EXISTS', 'a', 'b'))).to.equal('error TRYAGAIN joining');
  });
});
