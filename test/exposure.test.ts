/** Which doors may be opened where: all of them by one rule. */
import { expect } from 'chai';
import { exposureOf, type Door } from '../src/exposure.js';

const doors: readonly Door[] = ['listen', 'resp', 'http'];
const nothing = { tls: false, password: false, insecure: false };
const everything = { tls: true, password: true, insecure: false };

describe('where a door may be opened', () => {
  for (const host of ['127.0.0.1', '127.1.2.3', '::1', 'localhost']) {
    it(`${host}: every door, without anything`, () => {
      for (const door of doors) {
        expect(exposureOf(door, { host, port: 7 }, nothing)).to.deep.equal({ type: 'closed' });
      }
    });
  }

  for (const host of [
    '0.0.0.0',
    '::',
    '10.0.0.1',
    'example.org',
    '',
    '127.0.0.1.example.org',
    '::ffff:10.0.0.1',
  ]) {
    it(`'${host}': none without anything, and the words name the flag, the address and the ways out`, () => {
      for (const door of doors) {
        const exposure = exposureOf(door, { host, port: 7 }, nothing);
        const reason = exposure.type === 'refused' ? exposure.reason : '';
        expect(reason).to.include(`--${door} `).and.include(host).and.include('127.0.0.1:7');
        expect(reason).to.include('--insecure');
      }
    });

    it(`'${host}': peers with mutual TLS, clients with TLS and a password, the inspector never`, () => {
      const at = { host, port: 7 };
      const types = doors.map((door) => exposureOf(door, at, everything).type);
      expect(types).to.deep.equal(['closed', 'closed', 'refused']);
    });

    it(`'${host}': every door with --insecure, which says what is open`, () => {
      for (const door of doors) {
        const exposure = exposureOf(door, { host, port: 7 }, { ...nothing, insecure: true });
        expect(exposure).to.have.property('warning').that.includes(`--insecure: --${door} `);
      }
    });
  }

  it('what is missing is named, and only that', () => {
    const at = { host: '10.0.0.1', port: 7 };
    const reason = (protection: Partial<typeof nothing>): string => {
      const exposure = exposureOf('resp', at, { ...nothing, ...protection });
      return exposure.type === 'refused' ? exposure.reason : '';
    };
    expect(reason({ tls: true }))
      .to.include('has not a password')
      .and.not.include('--tls-cert');
    expect(reason({ password: true }))
      .to.include('has not TLS')
      .and.not.include('--resp-password');
    expect(reason({})).to.include('--tls-cert').and.include('--resp-password-file');
  });

  it('a password does not open the way for peers', () => {
    const exposure = exposureOf('listen', { host: '10.0.0.1', port: 7 }, { ...everything, tls: false });
    expect(exposure.type).to.equal('refused');
  });
});
