/** One connection: order of replies and effects, and every limit, in virtual time. */
import { expect } from 'chai';
import type { Reply } from '../../src/client-types.js';
import { statuses } from '../../src/wire/requests.js';
import { BufferBudget } from '../../runner/gateway/buffer-budget.js';
import { createHarness, type Harness } from './harness.js';
import { show } from './show.js';
import { replyOf } from '../support/fake-ring.js';

/** Lets a test answer each of the ring's questions by hand, in the order of asking. */
function answerByHand(harness: Harness): ((reply: Reply) => Promise<void>)[] {
  const answers: ((reply: Reply) => Promise<void>)[] = [];
  harness.ring.intercept = () =>
    new Promise((resolve) => {
      answers.push((reply) => {
        resolve(reply);
        return harness.settle();
      });
    });
  return answers;
}

const value = (text: string) => replyOf(statuses.ok, text);
const shown = (harness: Harness) => harness.replies().map(show);

describe('a connection', () => {
  it('answers in the order of the requests, whatever order the ring answers in', async () => {
    const harness = createHarness();
    const answers = answerByHand(harness);
    await harness.send('GET a\r\nGET b\r\nPING\r\nGET c\r\n');
    expect(answers).to.have.lengthOf(3);
    await answers[2]?.(value('3'));
    await answers[1]?.(value('2'));
    expect(shown(harness)).to.deep.equal([]);
    await answers[0]?.(value('1'));
    expect(shown(harness)).to.deep.equal(['"1"', '"2"', 'PONG', '"3"']);
  });

  it('joins the replies of a turn into one write', async () => {
    const harness = createHarness();
    await harness.send('PING\r\nGET a\r\nPING\r\nSET c 1\r\nGET b\r\n');
    expect(shown(harness)).to.deep.equal(['PONG', 'nil', 'PONG', 'OK', 'nil']);
    expect(harness.writes.length).to.be.lessThan(3);
  });

  it('lets requests on one key take effect in order, and reads side by side', async () => {
    const harness = createHarness();
    const answers = answerByHand(harness);
    await harness.send('GET a\r\nGET a\r\nSET a 1\r\nGET a\r\n');
    expect(answers).to.have.lengthOf(2);
    await answers[0]?.(value('0'));
    expect(answers).to.have.lengthOf(2);
    await answers[1]?.(value('0'));
    expect(answers).to.have.lengthOf(3);
    await answers[2]?.(replyOf(statuses.ok));
    expect(answers).to.have.lengthOf(4);
    await answers[3]?.(value('1'));
    expect(shown(harness)).to.deep.equal(['"0"', '"0"', 'OK', '"1"']);
  });

  it('lets a request over the whole ring wait for those before it, and those after wait for it', async () => {
    const harness = createHarness();
    const answers = answerByHand(harness);
    await harness.send('SET a 1\r\nDBSIZE\r\nGET a\r\n');
    expect(answers).to.have.lengthOf(1);
    await answers[0]?.(replyOf(statuses.ok));
    expect(answers).to.have.lengthOf(3);
    await answers[1]?.(value('1'));
    await answers[2]?.(value('0'));
    expect(answers).to.have.lengthOf(4);
    await answers[3]?.(value('1'));
    expect(shown(harness)).to.deep.equal(['OK', '1', '"1"']);
  });

  it('answers what came before HELLO in the protocol of then', async () => {
    const harness = createHarness();
    const answers = answerByHand(harness);
    await harness.send('GET a\r\nHELLO 3\r\nGET b\r\n');
    await answers[0]?.(replyOf(statuses.absent));
    await answers[1]?.(replyOf(statuses.absent));
    const written = harness.writes.join('');
    expect(written.startsWith('$-1\r\n%7\r\n')).to.equal(true);
    expect(written.endsWith('_\r\n')).to.equal(true);
  });

  it('stops reading at 1,024 requests in flight, and goes on when they are answered', async () => {
    const harness = createHarness();
    const answers = answerByHand(harness);
    const stream = Array.from({ length: 1_100 }, (_, index) => `GET k${index}\r\n`).join('');
    await harness.send(stream);
    expect(answers).to.have.lengthOf(1_024);
    expect(harness.isReading).to.equal(false);
    for (const answer of answers.slice(0, 100)) void answer(value('v'));
    await harness.settle();
    expect(answers).to.have.lengthOf(1_100);
    expect(harness.isReading).to.equal(true);
    for (const answer of answers.slice(100)) void answer(value('v'));
    await harness.settle();
    expect(harness.replies()).to.have.lengthOf(1_100);
  });

  it('stops reading while its peer takes no replies', async () => {
    const harness = createHarness({ limits: { outputPauseBytes: 1_000 } });
    harness.unread = 1_001;
    await harness.send('PING\r\n');
    expect(harness.isReading).to.equal(false);
    expect(shown(harness)).to.deep.equal([]);
    harness.unread = 0;
    harness.connection.drained();
    await harness.settle();
    expect(harness.isReading).to.equal(true);
    expect(shown(harness)).to.deep.equal(['PONG']);
  });

  it('is closed when its peer leaves more than 8 MiB for 10 seconds', async () => {
    const harness = createHarness();
    await harness.send('PING\r\n');
    harness.unread = 8 * 1024 * 1024 + 1;
    harness.connection.drained();
    harness.pass(9_999);
    expect(harness.closed).to.equal(undefined);
    harness.pass(1);
    expect(harness.closed).to.equal('destroy');
  });

  it('is not closed when its peer takes them in time', async () => {
    const harness = createHarness();
    harness.unread = 8 * 1024 * 1024 + 1;
    harness.connection.drained();
    harness.pass(9_999);
    harness.unread = 0;
    harness.connection.drained();
    harness.pass(9_999);
    expect(harness.closed).to.equal(undefined);
  });

  it('is closed at once at more than 32 MiB', async () => {
    const harness = createHarness();
    const answers = answerByHand(harness);
    await harness.send(Array.from({ length: 33 }, (_, index) => `GET k${index}\r\n`).join(''));
    const large = 'v'.repeat(1024 * 1024);
    for (const answer of answers) void answer(value(large));
    await harness.settle();
    expect(harness.closed).to.equal('destroy');
    expect(harness.replies()).to.deep.equal([]);
  });

  it('is closed when a request it began does not end within 10 seconds', async () => {
    const harness = createHarness();
    await harness.send('*1\r\n$4\r\nPI');
    harness.pass(5_000);
    await harness.send('N');
    harness.pass(4_999);
    expect(harness.closed).to.equal(undefined);
    harness.pass(1);
    await harness.settle();
    expect(shown(harness)).to.deep.equal(['error ERR a request was begun and not finished in time']);
    expect(harness.closed).to.equal('end');
  });

  it('has 10 seconds for each request', async () => {
    const harness = createHarness();
    for (let index = 0; index < 4; index++) {
      await harness.send('*1\r\n$4\r\nPI');
      harness.pass(9_000);
      await harness.send('NG\r\n');
    }
    expect(shown(harness)).to.deep.equal(['PONG', 'PONG', 'PONG', 'PONG']);
    harness.pass(10_000);
    expect(harness.closed).to.equal(undefined);
  });

  it('is closed after 300 seconds of silence, but not while it waits for the ring', async () => {
    const harness = createHarness();
    const answers = answerByHand(harness);
    await harness.send('GET a\r\n');
    harness.pass(400_000);
    await answers[0]?.(value('1'));
    expect(harness.closed).to.equal(undefined);
    harness.pass(299_999);
    await harness.settle();
    expect(harness.closed).to.equal(undefined);
    harness.pass(1);
    await harness.settle();
    expect(harness.closed).to.equal('end');
  });

  it('is told why and closed when it does not speak the protocol, after what came before is answered', async () => {
    const harness = createHarness();
    const answers = answerByHand(harness);
    await harness.send('GET a\r\n*x\r\nPING\r\n');
    expect(harness.closed).to.equal(undefined);
    await answers[0]?.(value('1'));
    expect(shown(harness)).to.deep.equal(['"1"', 'error ERR Protocol error: invalid multibulk length']);
    expect(harness.closed).to.equal('end');
  });

  it('goes on after a value that is too large', async () => {
    const harness = createHarness({ limits: { valueBytesMax: 10 } });
    expect(show(await harness.call('SET', 'k', 'x'.repeat(11)))).to.equal(
      'error ERR argument of 11 bytes exceeds the limit of 10',
    );
    expect(show(await harness.call('PING'))).to.equal('PONG');
  });

  it('answers QUIT after all that came before, and nothing that comes after', async () => {
    const harness = createHarness();
    const answers = answerByHand(harness);
    await harness.send('GET a\r\nQUIT\r\nPING\r\n');
    expect(harness.closed).to.equal(undefined);
    await answers[0]?.(value('1'));
    expect(shown(harness)).to.deep.equal(['"1"', 'OK']);
    expect(harness.closed).to.equal('end');
  });

  it('answers all that it was asked when its peer has ended', async () => {
    const harness = createHarness();
    const answers = answerByHand(harness);
    await harness.send('SET a 1\r\nGET a\r\n');
    harness.connection.inputEnded();
    await harness.settle();
    expect(harness.closed).to.equal(undefined);
    await answers[0]?.(replyOf(statuses.ok));
    await answers[1]?.(value('1'));
    expect(shown(harness)).to.deep.equal(['OK', '"1"']);
    expect(harness.closed).to.equal('end');
  });

  it('says nothing more when its socket is gone', async () => {
    const harness = createHarness();
    const answers = answerByHand(harness);
    await harness.send('GET a\r\nPING\r\n');
    harness.connection.closed();
    await answers[0]?.(value('1'));
    expect(harness.writes).to.deep.equal([]);
    harness.pass(1_000_000);
    expect(harness.closed).to.equal(undefined);
  });

  it('is answered BUSY, and gives back what it held, when all connections together hold too much', async () => {
    const budget = new BufferBudget(1_000);
    const greedy = createHarness({ budget });
    const modest = createHarness({ budget });
    await greedy.send(`*2\r\n$3\r\nGET\r\n$2000\r\n${'x'.repeat(1_500)}`);
    expect(show(await modest.call('GET', 'k'))).to.equal('error BUSY the buffers of this server are full');
    expect(show(await modest.call('PING'))).to.equal('PONG');
    greedy.connection.closed();
    expect(show(await modest.call('GET', 'k'))).to.equal('nil');
  });
});
