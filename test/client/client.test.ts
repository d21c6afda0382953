import { expect } from 'chai';
import { RondoError, type ErrorCode } from '../../src/errors.js';
import { opcodes, statuses } from '../../src/wire/requests.js';
import { createFakeNodes, type FakeNodes, type SentRequest } from './fake-nodes.js';

/** Answers the lookups in the requests with node a as every partition's leader, and returns the next turn's requests. */
async function leadByFirstNode(nodes: FakeNodes, requests: readonly SentRequest[]): Promise<SentRequest[]> {
  for (const request of requests)
    nodes.reply(request, statuses.moved, nodes.peers.map(({ id }) => id).join(','));
  return nodes.turn();
}

async function rejection(promise: Promise<unknown>): Promise<ErrorCode> {
  const error: unknown = await promise.then(
    () => expect.fail('it resolved'),
    (reason: unknown) => reason,
  );
  if (!(error instanceof RondoError)) throw error;
  return error.code;
}

describe('client', () => {
  it('looks a partition up once, however many operations wait for it, and then asks the leader directly', async () => {
    const nodes = createFakeNodes('ab');
    const first = nodes.core.client.getString('key');
    const second = nodes.core.client.getString('key');
    const lookups = await nodes.turn();
    expect(lookups.map(({ opcode }) => opcode)).to.deep.equal([opcodes.route]);
    const gets = await leadByFirstNode(nodes, lookups);
    expect(gets.map(({ opcode, to }) => [opcode, to])).to.deep.equal(
      [0, 1].map(() => [opcodes.get, nodes.peers[0]?.id]),
    );
    expect(new Set(gets.map(({ batch }) => batch)).size).to.equal(1);
    for (const get of gets) nodes.reply(get, statuses.ok, 'value');
    expect(await Promise.all([first, second])).to.deep.equal(['value', 'value']);
    void nodes.core.client.getString('key').catch(() => undefined);
    expect((await nodes.turn()).map(({ opcode }) => opcode)).to.deep.equal([opcodes.get]);
  });

  it('goes on from hop to hop, and counts them', async () => {
    const nodes = createFakeNodes('abc');
    void nodes.core.client.get('key').catch(() => undefined);
    const [first] = await nodes.turn();
    if (first === undefined) throw new Error('nothing was asked');
    const next = nodes.peers.find(({ id }) => id !== first.to);
    nodes.reply(first, statuses.hop, `finger 159,${next?.id}`);
    const [second] = await nodes.turn();
    expect(second?.to).to.equal(next?.id);
    if (second !== undefined) nodes.reply(second, statuses.moved, `${next?.id}`);
    await nodes.turn();
    expect(nodes.core.client.hops()).to.deep.equal({ lookups: 1, mean: 2, max: 2 });
  });

  it('follows a moved reply to the leader it names, and tells that node how often it was moved', async () => {
    const nodes = createFakeNodes('ab');
    const put = nodes.core.client.put('key', 'value');
    const [request] = await leadByFirstNode(nodes, await nodes.turn());
    if (request === undefined) throw new Error('nothing was asked');
    nodes.reply(request, statuses.moved, `${nodes.peers[1]?.id}`);
    const [again] = await nodes.turn();
    expect([again?.to, again?.moves, again?.value]).to.deep.equal([nodes.peers[1]?.id, 1, 'value']);
    if (again !== undefined) nodes.reply(again, statuses.ok);
    expect(await put).to.equal(true);
  });

  it('sends a get elsewhere when its node ends, and says unknown of a change', async () => {
    const nodes = createFakeNodes('ab');
    const get = nodes.core.client.getString('key');
    const put = rejection(nodes.core.client.put('key', 'value'));
    await leadByFirstNode(nodes, await nodes.turn());
    const [first, second] = nodes.peers;
    if (first === undefined || second === undefined) throw new Error('two nodes are needed');
    nodes.core.nodeGone(first.id);
    expect(await put).to.equal('UNKNOWN');
    const [lookup] = await nodes.turn();
    expect([lookup?.to, lookup?.opcode]).to.deep.equal([second.id, opcodes.route]);
    if (lookup !== undefined) nodes.reply(lookup, statuses.moved, second.id);
    const [again] = await nodes.turn();
    if (again !== undefined) nodes.reply(again, statuses.ok, 'v');
    expect(await get).to.equal('v');
  });

  it('ends a silent read with TIMEOUT, a change that had left with UNKNOWN, and one that had not with NOQUORUM', async () => {
    const nodes = createFakeNodes('a');
    const unrouted = rejection(nodes.core.client.put('key', 'value', { timeoutMs: 300 }));
    await nodes.turn();
    await nodes.pass(400);
    expect(await unrouted).to.equal('NOQUORUM');
    await nodes.turn();

    const put = rejection(nodes.core.client.put('other', 'value', { timeoutMs: 300 }));
    const get = rejection(nodes.core.client.get('other', { timeoutMs: 300 }));
    await leadByFirstNode(nodes, await nodes.turn());
    await nodes.pass(400);
    expect([await put, await get]).to.deep.equal(['UNKNOWN', 'TIMEOUT']);
  });

  it('sends an unanswered read again before its deadline, and ignores the late answer of the first try', async () => {
    const nodes = createFakeNodes('a', { readRetryMs: 100 });
    const get = nodes.core.client.getString('key', { timeoutMs: 5_000 });
    const [first] = await leadByFirstNode(nodes, await nodes.turn());
    await nodes.pass(200);
    const [second] = await leadByFirstNode(nodes, await nodes.turn());
    expect(second?.opcode).to.equal(opcodes.get);
    if (first === undefined || second === undefined) throw new Error('it was not sent twice');
    nodes.reply(second, statuses.ok, 'value');
    nodes.reply(first, statuses.ok, 'late');
    expect(await get).to.equal('value');
  });

  it('tries again after tryAgain, without asking the deadline to be longer', async () => {
    const nodes = createFakeNodes('a');
    const put = nodes.core.client.put('key', 'value');
    const [first] = await leadByFirstNode(nodes, await nodes.turn());
    if (first === undefined) throw new Error('nothing was asked');
    nodes.reply(first, statuses.tryAgain, 'leaving');
    expect(await nodes.turn()).to.deep.equal([]);
    await nodes.pass(20);
    const [again] = await nodes.turn();
    if (again !== undefined) nodes.reply(again, statuses.ok);
    expect(await put).to.equal(true);
  });

  it('gives up with NOQUORUM when nodes move an operation for ever', async () => {
    const nodes = createFakeNodes('ab');
    const put = rejection(nodes.core.client.put('key', 'value'));
    let requests = await nodes.turn();
    for (let round = 0; round < 30 && requests.length > 0; round++) {
      for (const request of requests) {
        const other = nodes.peers.find(({ id }) => id !== request.to);
        nodes.reply(request, statuses.moved, `${other?.id}`);
      }
      requests = await nodes.turn();
    }
    expect(await put).to.equal('NOQUORUM');
  });

  it('rejects at once when the signal is aborted, and frees what the operation held', async () => {
    const nodes = createFakeNodes('a');
    const controller = new AbortController();
    const get = rejection(nodes.core.client.get('key', { signal: controller.signal }));
    await leadByFirstNode(nodes, await nodes.turn());
    controller.abort();
    expect(await get).to.equal('ABORTED');
    expect(await rejection(nodes.core.client.get('key', { signal: controller.signal }))).to.equal('ABORTED');
  });

  it('refuses keys and values over the limit before anything is sent', async () => {
    const nodes = createFakeNodes('a');
    expect(await rejection(nodes.core.client.get('k'.repeat(65)))).to.equal('INVALID_ARGUMENT');
    expect(await rejection(nodes.core.client.put('k', 'v'.repeat(1_001)))).to.equal('INVALID_ARGUMENT');
    expect(await nodes.turn()).to.deep.equal([]);
  });

  it('fails what is outstanding with CLOSED when it is closed, twice or once', async () => {
    const nodes = createFakeNodes('a');
    const get = rejection(nodes.core.client.get('key'));
    await nodes.core.client.close();
    await nodes.core.client.close();
    expect(await get).to.equal('CLOSED');
    expect(await rejection(nodes.core.client.get('key'))).to.equal('CLOSED');
  });

  it('runs one loader for a key that many callers want, and gives the reservation back when the loader fails', async () => {
    const nodes = createFakeNodes('a');
    let loads = 0;
    const load = (): string => `loaded ${++loads}`;
    const both = Promise.all([1, 2].map(() => nodes.core.client.getOrSet('key', load)));
    const [reserve] = await leadByFirstNode(nodes, await nodes.turn());
    expect(reserve?.opcode).to.equal(opcodes.getOrReserve);
    if (reserve !== undefined) nodes.reply(reserve, statuses.reserved);
    const [put] = await nodes.turn();
    expect([put?.opcode, put?.value]).to.deep.equal([opcodes.put, 'loaded 1']);
    if (put !== undefined) nodes.reply(put, statuses.ok);
    expect((await both).map((value) => Buffer.from(value).toString())).to.deep.equal([
      'loaded 1',
      'loaded 1',
    ]);

    const failing = nodes.core.client.getOrSet('key', () => Promise.reject(new Error('the page is gone')));
    const message = failing.catch((error: Error) => error.message);
    const [again] = await nodes.turn();
    if (again !== undefined) nodes.reply(again, statuses.reserved);
    const [released] = await nodes.turn();
    expect([released?.opcode, released?.number]).to.deep.equal([opcodes.getOrReserve, -1]);
    if (released !== undefined) nodes.reply(released, statuses.absent);
    expect(await message).to.equal('the page is gone');
  });
});
