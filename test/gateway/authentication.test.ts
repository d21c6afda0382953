/** What a connection may do before it has given the password: 64 KiB, 10 arguments, 5 seconds. */
import { expect } from 'chai';
import { trustBytes } from '../../src/bytes.js';
import { encodeRequest } from '../../runner/gateway/resp-writer.js';
import { createHarness } from './harness.js';
import { show } from './show.js';

describe('a connection that has not authenticated', () => {
  const passwords = ['secret'];

  it('is closed after 5 seconds', async () => {
    const harness = createHarness({ passwords });
    harness.pass(4_999);
    expect(harness.closed).to.equal(undefined);
    harness.pass(1);
    await harness.settle();
    expect(harness.replies().map(show)).to.deep.equal(['error ERR no authentication in time']);
    expect(harness.closed).to.equal('end');
  });

  it('is closed after 64 KiB', async () => {
    const harness = createHarness({ passwords });
    await harness.send(`*1\r\n$100000\r\n${'x'.repeat(65_536)}`);
    expect(harness.replies().map(show)).to.deep.equal([
      'error ERR more than 65536 bytes before authentication',
    ]);
    expect(harness.closed).to.equal('end');
  });

  it('is closed after 64 KiB of replies', async () => {
    const harness = createHarness({ passwords });
    for (let index = 0; index < 2_000 && harness.closed === undefined; index++)
      await harness.send('GET k\r\n');
    expect(harness.writes.join('').length).to.be.within(50_000, 70_000);
    expect(harness.closed).to.equal('end');
  });

  it('is closed at a request of more than 10 arguments', async () => {
    const harness = createHarness({ passwords });
    await harness.send('*11\r\n');
    expect(harness.replies().map(show)).to.deep.equal(['error ERR Protocol error: invalid multibulk length']);
    expect(harness.closed).to.equal('end');
  });

  it('has the same again after RESET', async () => {
    const harness = createHarness({ passwords, limits: { unauthenticatedBytesMax: 100 } });
    await harness.send(`${'\n'.repeat(50)}AUTH secret\r\n`);
    harness.pass(100_000);
    await harness.send('RESET\r\n');
    harness.pass(4_999);
    await harness.send('\n'.repeat(50));
    await harness.send('AUTH secret\r\n');
    expect(harness.replies().map(show)).to.deep.equal(['OK', 'RESET', 'OK']);
    await harness.send('RESET\r\n');
    harness.pass(5_000);
    await harness.settle();
    expect(harness.closed).to.equal('end');
  });

  it('is freed of these limits by the password, within one chunk', async () => {
    const harness = createHarness({ passwords });
    const many = encodeRequest(['MGET', ...'abcdefghijkl'].map(trustBytes));
    await harness.send(`AUTH secret\r\n${many}`);
    expect(harness.replies().map(show)).to.deep.equal([
      'OK',
      `[${Array.from({ length: 12 }, () => 'nil').join(' ')}]`,
    ]);
    harness.pass(6_000);
    expect(harness.closed).to.equal(undefined);
  });
});
