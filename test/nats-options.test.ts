/** NATS servers as people write them. */
import { expect } from 'chai';
import { isNatsName, parseNatsServers } from '../src/nats-options.js';

describe('NATS options', () => {
  it('take one server or several, with the default port and whatever logs in', () => {
    expect(parseNatsServers('nats://broker')).to.deep.equal({
      addresses: ['broker:4222'],
      isTls: false,
      login: { type: 'none' },
    });
    expect(parseNatsServers('tls://user:p%40ss@a:1, tls://user:p%40ss@[::1]:2')).to.deep.equal({
      addresses: ['a:1', '[::1]:2'],
      isTls: true,
      login: { type: 'password', user: 'user', password: 'p@ss' },
    });
    expect(parseNatsServers('nats://secret@a/').login).to.deep.equal({ type: 'token', token: 'secret' });
  });

  it('are refused without repeating a password', () => {
    for (const text of [
      '',
      'a:4222',
      'http://u:secret@a',
      'nats://u:secret@a:0',
      'nats://u:secret%zz@a',
      'nats://a b',
    ]) {
      expect(() => parseNatsServers(text), text)
        .to.throw('bridge must be nats://HOST:4222')
        .that.satisfies(({ message }: Error) => !message.includes('secret'));
    }
    expect(() => parseNatsServers('nats://a,tls://b')).to.throw('the same scheme and credentials');
  });

  it('know what can be the name of a host', () => {
    expect(['host-a', 'A_1', 'x'.repeat(64)].every(isNatsName)).to.equal(true);
    expect(['', 'a.b', '*', '>', 'a b', 'a:1', 'x'.repeat(65), 'é'].some(isNatsName)).to.equal(false);
  });
});
