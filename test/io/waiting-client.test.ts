/** Operations before a host's welcome. */
import { expect } from 'chai';
import { RondoError } from '../../src/errors.js';
import { createWaitingClient } from '../../src/io/waiting-client.js';
import { createVirtualClock } from '../../runner/simulator/virtual-clock.js';
import { createFakeNodes } from '../client/fake-nodes.js';

async function codeOf(promise: Promise<unknown>): Promise<string> {
  const error: unknown = await promise.then(
    () => expect.fail('it resolved'),
    (reason: unknown) => reason,
  );
  return error instanceof RondoError ? error.code : String(error);
}

describe('a client before the welcome', () => {
  function create() {
    const virtual = createVirtualClock();
    const nodes = createFakeNodes('a');
    let welcome: () => void = () => undefined;
    let present: typeof nodes.core.client | undefined;
    const ready = new Promise<typeof nodes.core>((resolve) => {
      welcome = () => {
        present = nodes.core.client;
        resolve(nodes.core);
      };
    });
    const clock = {
      nowMs: () => virtual.nowMs(),
      setTimeout: (callback: () => void, delayMs: number) => virtual.set(callback, delayMs),
      clearTimeout: (handle: unknown) => virtual.clear(handle),
    };
    const client = createWaitingClient(
      ready,
      () => present,
      clock,
      () => undefined,
    );
    return { client, nodes, virtual, welcome: () => welcome() };
  }

  it('ends operations at their deadline, or at the default one, as certainly without effect', async () => {
    const { client, virtual, nodes } = create();
    const put = codeOf(client.put('key', 'value', { timeoutMs: 50 }));
    const get = codeOf(client.get('key'));
    virtual.step(virtual.nowMs() + 60);
    expect(await put).to.equal('NOQUORUM');
    virtual.step(virtual.nowMs() + 10_000);
    expect(await get).to.equal('NOQUORUM');
    expect(await nodes.turn()).to.deep.equal([]);
  });

  it('heeds signals, aborted before or while it waits', async () => {
    const { client } = create();
    const controller = new AbortController();
    const put = codeOf(client.put('key', 'value', { signal: controller.signal }));
    controller.abort();
    expect(await put).to.equal('ABORTED');
    expect(await codeOf(client.get('key', { signal: controller.signal }))).to.equal('ABORTED');
  });

  it('goes on with what is left of the deadline when the welcome comes', async () => {
    const { client, virtual, nodes, welcome } = create();
    const put = codeOf(client.put('key', 'value', { timeoutMs: 1_000 }));
    virtual.set(welcome, 900);
    virtual.step(virtual.nowMs() + 950);
    await nodes.turn();
    await nodes.turn();
    await nodes.pass(150);
    expect(await put).to.equal('NOQUORUM');
  });
});
