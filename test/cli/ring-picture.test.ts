/** The picture of the ring: every node in it, at its place, and no text of theirs as markup. */
import { expect } from 'chai';
import { ringPicture, type PicturedNode } from '../../runner/inspector/ring-picture.js';

function node(firstByte: string, more: Partial<PicturedNode> = {}): PicturedNode {
  return {
    id: firstByte.padEnd(40, '0'),
    address: `local/${firstByte}`,
    state: 'member',
    predecessor: null,
    successors: [],
    partitionsLed: 64,
    records: 5,
    ...more,
  };
}

describe('the picture of a ring', () => {
  it('places identifier 0 at the top and a quarter of the circle to the right', () => {
    const picture = ringPicture([node('00'), node('40')]);
    expect(picture).to.match(/<circle cx="380.0" cy="150.0"/);
    expect(picture).to.match(/<circle cx="610.0" cy="380.0"/);
    expect(picture).to.contain('2 nodes').and.contain('10 records').and.contain('128 partitions');
  });

  it('says state, predecessor and successors of each node', () => {
    const picture = ringPicture([
      node('00', { predecessor: '80'.padEnd(40, '0'), successors: ['80'.padEnd(40, '0')] }),
      node('80', { state: 'joining' }),
    ]);
    expect(picture).to.contain('predecessor 8000').and.contain('successor 1 8000').and.contain('(joining)');
    expect(picture.match(/<path /g)).to.have.length(2);
  });

  it('escapes whatever a node is called', () => {
    const picture = ringPicture([node('00', { address: '<script>"&', state: `x'y` })]);
    expect(picture).to.not.contain('<script>');
    expect(picture).to.contain('&#60;script&#62;');
  });

  it('of no node, one node and a thousand is a picture', () => {
    for (const count of [0, 1, 1000]) {
      const nodes = Array.from({ length: count }, (_, index) => node(index.toString(16).padStart(3, '0')));
      const picture = ringPicture(nodes);
      expect(picture).to.match(/^<svg [\s\S]*<\/svg>$/);
      expect(picture).to.not.contain('NaN');
    }
  });
});
