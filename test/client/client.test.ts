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

async function failure(promise: Promise<unknown>): Promise<RondoError> {
  const error: unknown = await promise.then(
    () => expect.fail('it resolved'),
    (reason: unknown) => reason,
  );
  if (!(error instanceof RondoError)) throw error;
  return error;
}

async function rejection(promise: Promise<unknown>): Promise<ErrorCode> {
  return (await failure(promise)).code;
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

  it('counts again without a node that ends while it is asked', async () => {
    const nodes = createFakeNodes('abc');
    const count = nodes.core.client.count();
    const [first, second] = await nodes.turn();
    if (first === undefined || second === undefined) throw new Error('every node is to be asked');
    nodes.reply(first, statuses.ok, '1');
    nodes.reply(second, statuses.ok, '2');
    nodes.core.nodeGone(nodes.peers[2]?.id ?? first.to);
    await nodes.turn();
    await nodes.pass(100);
    const again = await nodes.turn();
    expect(again.map(({ to }) => to)).to.deep.equal([first.to, second.to]);
    for (const [index, request] of again.entries()) nodes.reply(request, statuses.ok, String(10 + index));
    expect(await count).to.equal(21);
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

  it('pauses when nodes move an operation for ever, and gives up with NOQUORUM at its deadline', async () => {
    const nodes = createFakeNodes('ab');
    const error = failure(nodes.core.client.put('key', 'value', { timeoutMs: 1_000 }));
    let sent = 0;
    for (let round = 0; round < 200; round++) {
      for (const request of await nodes.turn()) {
        const other = nodes.peers.find(({ id }) => id !== request.to);
        nodes.reply(request, statuses.moved, `${other?.id}`);
        sent++;
      }
      await nodes.pass(10);
    }
    expect(await error).to.include({ code: 'NOQUORUM' });
    expect((await error).message).to.contain('no node accepted the operation after 8 moves');
    expect(sent).to.be.within(20, 100);
  });

  it('asks again, after a lookup, where a quorum did not answer, and ends with NOQUORUM and the reason', async () => {
    for (const operation of ['get', 'put'] as const) {
      const nodes = createFakeNodes('ab');
      const { client } = nodes.core;
      const error = failure(
        operation === 'get'
          ? client.get('key', { timeoutMs: 1_000 })
          : client.put('key', 'v', { timeoutMs: 1_000 }).then(() => undefined),
      );
      const opcodesSent: number[] = [];
      for (let round = 0; round < 40; round++) {
        for (const request of await nodes.turn()) {
          opcodesSent.push(request.opcode);
          if (request.opcode === opcodes.route) nodes.reply(request, statuses.moved, `${nodes.peers[1]?.id}`);
          else nodes.reply(request, statuses.noQuorum, 'epoch 3 waits for local/7');
        }
        await nodes.pass(50);
      }
      expect((await error).code, operation).to.equal('NOQUORUM');
      expect((await error).message, operation).to.contain('epoch 3 waits for local/7');
      const { route, [operation]: asked } = opcodes;
      expect(opcodesSent.slice(0, 4), operation).to.deep.equal([route, asked, route, asked]);
      expect(nodes.core.client.latency().count, 'it was not answered').to.equal(0);
    }
  });

  it('takes the answer that comes when the quorum is back', async () => {
    const nodes = createFakeNodes('a');
    const put = nodes.core.client.put('key', 'value');
    const [first] = await leadByFirstNode(nodes, await nodes.turn());
    if (first !== undefined) nodes.reply(first, statuses.noQuorum, 'waits');
    await nodes.pass(20);
    const [again] = await leadByFirstNode(nodes, await nodes.turn());
    if (again !== undefined) nodes.reply(again, statuses.ok);
    expect(await put).to.equal(true);
  });

  it('says UNKNOWN of a change whose outcome its node does not know, sends it once, and asks a read again', async () => {
    const nodes = createFakeNodes('a');
    const put = rejection(nodes.core.client.put('key', 'value'));
    const get = nodes.core.client.getString('key');
    const requests = await leadByFirstNode(nodes, await nodes.turn());
    expect(requests.map(({ opcode }) => opcode)).to.deep.equal([opcodes.put, opcodes.get]);
    for (const request of requests) nodes.reply(request, statuses.unknown, 'half done');
    expect(await put).to.equal('UNKNOWN');
    await nodes.pass(20);
    const again = await leadByFirstNode(nodes, await nodes.turn());
    expect(again.map(({ opcode }) => opcode)).to.deep.equal([opcodes.get]);
    for (const request of again) nodes.reply(request, statuses.ok, 'value');
    expect(await get).to.equal('value');
  });

  it('says UNKNOWN of a change that is not answered after it was sent back, because it was sent again', async () => {
    const nodes = createFakeNodes('a');
    const put = rejection(nodes.core.client.put('key', 'value', { timeoutMs: 300 }));
    const [first] = await leadByFirstNode(nodes, await nodes.turn());
    if (first !== undefined) nodes.reply(first, statuses.noQuorum, 'waits');
    await nodes.pass(20);
    await leadByFirstNode(nodes, await nodes.turn());
    await nodes.pass(400);
    expect(await put).to.equal('UNKNOWN');
  });

  it('says NOQUORUM of a change that its leader gave up so late that it would not answer again in time', async () => {
    const nodes = createFakeNodes('a');
    const sent: number[] = [];
    const put = rejection(nodes.core.client.put('key', 'value', { timeoutMs: 10_000 }));
    let asked: SentRequest | undefined;
    // A leader without a quorum waits for one for 4 s: a third time it would be asked at 8 s, and be silent at the deadline.
    for (let nowMs = 0; nowMs < 10_100; nowMs += 50) {
      for (const request of await leadByFirstNode(nodes, await nodes.turn())) {
        asked = request;
        sent.push(nowMs);
      }
      if (asked !== undefined && nowMs - (sent.at(-1) ?? 0) >= 4_000) {
        nodes.reply(asked, statuses.noQuorum, 'epoch 3 waits for local/7');
        asked = undefined;
      }
      await nodes.pass(50);
    }
    expect(await put).to.equal('NOQUORUM');
    expect(sent, 'it was tried again while there was time for that').to.have.length(2);
  });

  it('tells what the mode does not offer from what cannot be served as given', async () => {
    const nodes = createFakeNodes('a');
    const results = [1, 2].map(() => rejection(nodes.core.client.increment('key')));
    const [first, second] = await leadByFirstNode(nodes, await nodes.turn());
    if (first !== undefined) nodes.reply(first, statuses.unsupported, 'not here');
    if (second !== undefined) nodes.reply(second, statuses.error, 'not an integer; the linearizable way');
    expect(await Promise.all(results)).to.deep.equal(['UNSUPPORTED', 'INVALID_ARGUMENT']);
  });

  it('sends the expected and the new value of a compareAndSet as bytes, each as long as a value may be', async () => {
    const nodes = createFakeNodes('a');
    const set = nodes.core.client.compareAndSet('key', 'ä'.repeat(500), 'b'.repeat(1_000));
    const [request] = await leadByFirstNode(nodes, await nodes.turn());
    expect([request?.number, request?.value]).to.deep.equal([1_000, 'Ã¤'.repeat(500) + 'b'.repeat(1_000)]);
    if (request !== undefined) nodes.reply(request, statuses.refused, 'other');
    expect(await set).to.equal(false);
    expect(await rejection(nodes.core.client.compareAndSet('key', 'a', 'b'.repeat(1_001)))).to.equal(
      'INVALID_ARGUMENT',
    );
  });

  it('rejects what is neither text nor bytes, and never throws at once', async () => {
    const { client } = createFakeNodes('a').core;
    // What a program without a type checker may pass.
    const nothing = undefined as unknown as string;
    const calls = [
      () => client.put('key', nothing),
      () => client.put('key', 7 as unknown as string),
      () => client.get(nothing),
      () => client.append('key', nothing),
      () => client.compareAndSet('key', nothing, 'v'),
      () => client.getMany(['key', nothing]),
      () => client.getOrSet(nothing, () => 'v'),
      () => client.trace(nothing),
    ];
    for (const call of calls) expect(await rejection(call())).to.equal('INVALID_ARGUMENT');
  });

  it('has one deadline for all keys of a getMany', async () => {
    const nodes = createFakeNodes('a');
    const keys = Array.from({ length: 10_000 }, (_, index) => `key ${index}`);
    const values = rejection(nodes.core.client.getMany(keys, { timeoutMs: 1_000 }));
    let gets = 0;
    for (let round = 0; round < 100; round++) {
      for (const request of await nodes.turn()) {
        if (request.opcode === opcodes.route) nodes.reply(request, statuses.moved, `${nodes.peers[0]?.id}`);
        else {
          gets++;
          nodes.reply(request, statuses.ok, 'v');
        }
      }
      if (gets % 4_096 === 0 && gets > 0) await nodes.pass(600);
    }
    expect(await values).to.equal('TIMEOUT');
    expect(gets).to.equal(8_192);
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

  it('rejects the call alone whose answer is none, and goes on', async () => {
    const nodes = createFakeNodes('a');
    const { client } = nodes.core;
    for (const page of [
      '',
      'no page',
      '[null]\n',
      '["",[1]]\nk',
      '[null,[1,2]]\nk',
      '[null,[-1,2]]\nk',
      '[7,[]]\n',
    ]) {
      const scan = failure(client.scan()[Symbol.asyncIterator]().next());
      const [asked] = await leadByFirstNode(nodes, await nodes.turn());
      if (asked !== undefined) nodes.reply(asked, statuses.ok, page);
      const { code, message } = await scan;
      expect([code, message.slice(0, 18)], page).to.deep.equal(['INTERNAL', 'the page of a scan']);
    }
    const sum = failure(client.increment('key'));
    const get = client.getString('key');
    const [increment, read] = await leadByFirstNode(nodes, await nodes.turn());
    if (increment !== undefined) nodes.reply(increment, statuses.ok, 'many');
    if (read !== undefined) nodes.reply(read, statuses.ok, 'value');
    expect((await sum).message).to.equal('a node answered "many", which is no number');
    expect(await get).to.equal('value');
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

  it('lets each caller of one load leave by its own signal, and gives the load up with the last', async () => {
    const nodes = createFakeNodes('a');
    const controllers = [new AbortController(), new AbortController()];
    const [first, second] = controllers.map(({ signal }) =>
      nodes.core.client.getOrSet('key', () => 'loaded', { signal }),
    );
    if (first === undefined || second === undefined) throw new Error('two callers are needed');
    const left = rejection(first);
    const [reserve] = await leadByFirstNode(nodes, await nodes.turn());
    controllers[0]?.abort();
    expect(await left).to.equal('ABORTED');
    if (reserve !== undefined) nodes.reply(reserve, statuses.ok, 'theirs');
    expect(Buffer.from(await second).toString()).to.equal('theirs');

    const third = new AbortController();
    const alone = rejection(nodes.core.client.getOrSet('key', () => 'loaded', { signal: third.signal }));
    await nodes.turn();
    third.abort();
    expect(await alone).to.equal('ABORTED');
    const anew = nodes.core.client.getOrSet('key', () => 'loaded');
    const [again] = await nodes.turn();
    expect(again?.opcode).to.equal(opcodes.getOrReserve);
    if (again !== undefined) nodes.reply(again, statuses.ok, 'again');
    expect(Buffer.from(await anew).toString()).to.equal('again');
  });
});
