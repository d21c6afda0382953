/** Statecharts as the inspector's page puts them into words. */
import { expect } from 'chai';
import { chartText, lostText, viewsText } from '../../runner/inspector/chart-text.js';

describe('the words for a statechart', () => {
  it('name each region of a living node with its state, and not the regions without one', () => {
    const activeStates = ['alive.hearing', 'alive.ring.idle.resting', 'alive.membership.member'];
    expect(chartText({ activeStates })).to.equal('ring idle resting, membership member');
  });

  it('name the state of a node that has no regions', () => {
    expect(chartText({ activeStates: ['joining'] })).to.equal('joining');
  });

  it('are a dash for a node that does not answer', () => {
    expect([chartText({}), viewsText({})]).to.deep.equal(['-', '-']);
  });

  it('count the replicas in each state of a view change', () => {
    const changingViews = ['sealed', 'fetching', 'sealed'].map((state, partition) => ({ partition, state }));
    expect(viewsText({ changingViews })).to.equal('fetching 1, sealed 2');
    expect(viewsText({ changingViews: [] })).to.equal('steady');
  });

  it('say whom a partition without quorum waits for', () => {
    const lost = { partition: 7, epoch: '1.4', members: ['a', 'b'], waitsFor: ['b'] };
    expect(lostText(lost)).to.deep.equal(['7', '1.4', 'b']);
    expect(lostText({ ...lost, waitsFor: [] })).to.deep.equal(['7', '1.4', 'every member is gone']);
  });
});
