/** YCSB's core workloads: their mixes, and what a checker needs of them. */
import { expect } from 'chai';
import {
  loadOperations,
  runOperations,
  workloadNames,
  type CoreWorkload,
  type WorkloadName,
} from '../../runner/workload/core-workloads.js';
import { bytesOfContent, type Operation } from '../../runner/workload/operation.js';

const base: Omit<CoreWorkload, 'name'> = {
  records: 1_000,
  operations: 20_001,
  clients: 4,
  valueBytes: 50,
  seed: 1,
};

function shares(name: WorkloadName): Record<string, number> {
  const operations = runOperations({ ...base, name }).flat();
  const counts: Record<string, number> = {};
  for (const { type } of operations) counts[type] = (counts[type] ?? 0) + 1 / operations.length;
  return counts;
}

describe('the core workloads', () => {
  const mixes: readonly (readonly [WorkloadName, Record<string, number>])[] = [
    ['a', { get: 0.5, put: 0.5 }],
    ['b', { get: 0.95, put: 0.05 }],
    ['c', { get: 1 }],
    ['d', { get: 0.95, put: 0.05 }],
    ['e', { scan: 0.95, put: 0.05 }],
    ['f', { get: 2 / 3, put: 1 / 3 }],
  ];
  for (const [name, mix] of mixes) {
    it(`${name} has the mix of its row in the paper`, () => {
      const found = shares(name);
      expect(found).to.have.all.keys(...Object.keys(mix));
      for (const [type, share] of Object.entries(mix)) expect(found[type], type).to.be.closeTo(share, 0.02);
    });
  }

  it('have as many operations as asked, dealt to all clients, and are the same for the same seed', () => {
    for (const name of workloadNames) {
      const hands = runOperations({ ...base, name });
      expect(hands.map((hand) => hand.length)).to.deep.equal([5_001, 5_000, 5_000, 5_000]);
      expect(runOperations({ ...base, name })).to.deep.equal(hands);
      expect(runOperations({ ...base, name, seed: 2 })).to.not.deep.equal(hands);
    }
  });

  it('write each value once, as long as asked, and load each record once', () => {
    const load = loadOperations({ ...base, name: 'a' }).flat();
    expect(new Set(load.map(({ key }) => key))).to.have.property('size', base.records);
    for (const name of ['a', 'd', 'f'] as const) {
      const values = [...load, ...runOperations({ ...base, name }).flat()].flatMap((operation) =>
        operation.type === 'put' ? [bytesOfContent(operation.value)] : [],
      );
      expect(new Set(values)).to.have.property('size', values.length);
      expect(new Set(values.map((value) => value.length))).to.deep.equal(new Set([base.valueBytes]));
    }
  });

  it('d reads what its client has inserted lately, or what was there, and no client inserts what another does', () => {
    const loaded = new Set(
      loadOperations({ ...base, name: 'd' })
        .flat()
        .map(({ key }) => key as string),
    );
    const everyInsert = new Set<string>();
    let ownReads = 0;
    for (const hand of runOperations({ ...base, name: 'd' })) {
      const inserted = new Set<string>();
      for (const { type, key } of hand) {
        if (type === 'put') {
          expect(everyInsert.has(key) || loaded.has(key), key).to.equal(false);
          everyInsert.add(key);
          inserted.add(key);
        } else {
          expect(inserted.has(key) || loaded.has(key), key).to.equal(true);
          if (inserted.has(key)) ownReads++;
        }
      }
    }
    expect(ownReads).to.be.greaterThan(5_000);
  });

  it('f reads a record before it updates it', () => {
    const [hand = []] = runOperations({ ...base, name: 'f' });
    let before: Operation | undefined;
    for (const operation of hand) {
      if (operation.type === 'put') expect(before).to.include({ type: 'get', key: operation.key });
      before = operation;
    }
  });
});
