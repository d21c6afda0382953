/** Seeking a ring: what a host that finds none says at the end. */
import { expect } from 'chai';
import { greetingOf, type OwnHost } from '../../actors/bridge/greetings.js';
import { seekRing } from '../../actors/bridge/seeking.js';
import { RondoError } from '../../src/errors.js';
import type { Connector } from '../../src/io/wire.js';
import { wireVersions } from '../../src/wire/wire-versions.js';

const own: OwnHost = { address: 'here:1', boot: 1, clusterName: 'test', versions: wireVersions };

/** Each dial ends with the next of the reasons; when there is none left, nothing is heard. */
async function whyNothingWasFound(reasons: readonly string[]): Promise<string> {
  const left = [...reasons];
  const connector: Connector = {
    dial(_, events) {
      const reason = left.shift();
      if (reason !== undefined) queueMicrotask(() => events.closed(reason));
      return { send: () => undefined, close: () => undefined };
    },
    listen: () => Promise.reject(new Error('nobody listens')),
    close: () => Promise.resolve(),
  };
  const greeting = greetingOf(own, 'join', undefined, [], []);
  const seeking = seekRing(connector, own, greeting, ['there:1'], 900, () => undefined);
  const error: unknown = await seeking.catch((reason: unknown) => reason);
  expect(error).to.be.instanceOf(RondoError).with.property('code', 'CONNECTION');
  return String(error);
}

describe('a host that finds no ring', () => {
  it('says why it was refused, though the last try came too late for an answer', async () => {
    expect(await whyNothingWasFound(['does it speak TLS?'])).to.match(/there:1: does it speak TLS\?\)/);
  });

  it('says that nobody answered when nobody did', async () => {
    expect(await whyNothingWasFound([])).to.match(/there:1: it did not answer\)/);
  });
});
