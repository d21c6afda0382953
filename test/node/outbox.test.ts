import { expect } from 'chai';
import { Outbox } from '../../actors/node/outbox.js';
import { fakePeer } from '../client/fake-nodes.js';
import { replyStride, statuses, type ReplyBatch } from '../../src/wire/requests.js';

function outboxOf(sent: ReplyBatch[]): { readonly outbox: Outbox; readonly endTurn: () => void } {
  const callbacks: (() => void)[] = [];
  const outbox = new Outbox('ring', fakePeer('a').id, {
    defer: (callback) => void callbacks.push(callback),
    sendPacket: () => undefined,
    sendReplies: (_, replies) => void sent.push(replies),
  });
  return { outbox, endTurn: () => callbacks.splice(0).forEach((callback) => callback()) };
}

describe('outbox', () => {
  it('answers a batch of requests with one batch of replies, in the turn that handled it', () => {
    const sent: ReplyBatch[] = [];
    const { outbox, endTurn } = outboxOf(sent);
    outbox.beginReplies(1);
    for (let id = 0; id < 10; id++) outbox.reply(1, id, statuses.ok, 'value');
    outbox.endReplies(1);
    expect(sent.map(({ head }) => head.length / replyStride)).to.deep.equal([10]);
    outbox.reply(1, 11, statuses.ok, 'later');
    expect(sent).to.have.length(1);
    endTurn();
    expect(sent).to.have.length(2);
  });

  it('splits replies that together would be one enormous string', () => {
    const sent: ReplyBatch[] = [];
    const { outbox } = outboxOf(sent);
    const value = 'v'.repeat(1 << 20);
    outbox.beginReplies(1);
    for (let id = 0; id < 40; id++) outbox.reply(1, id, statuses.ok, value);
    outbox.endReplies(1);
    expect(sent.reduce((total, { head }) => total + head.length / replyStride, 0)).to.equal(40);
    for (const { text } of sent) expect(text.length).to.be.at.most(8 << 20);
  });
});
