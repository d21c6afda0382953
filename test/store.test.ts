/** The store's order, counts and bounds, with lru-cache as the reference for what is forgotten. */
import { expect } from 'chai';
import fc from 'fast-check';
import { LRUCache } from 'lru-cache';
import { bytesFromText } from '../src/bytes.js';
import { createRandom } from '../src/random.js';
import {
  addRecord,
  bytesOf,
  changeRecord,
  createShelf,
  createStore,
  removeRecord,
  setLed,
  touchRecord,
  victims,
  type Shelf,
  type Store,
  type StoredRecord,
} from '../src/store.js';
import { noWriter } from '../src/replication/version.js';

function put(store: Store, shelf: Shelf, key: string, value: string, hlc = 1): StoredRecord {
  const known = shelf.records.get(key);
  if (known !== undefined) {
    changeRecord(store, known, bytesFromText(value), Infinity, false);
    return known;
  }
  const record: StoredRecord = {
    key: bytesFromText(key),
    keyHash: 0,
    shelf,
    value: bytesFromText(value),
    hlc,
    writer: noWriter,
    expiresAt: Infinity,
    tombstone: false,
    newer: undefined,
    older: undefined,
  };
  addRecord(store, record);
  return record;
}

function evict(store: Store): string[] {
  const gone: string[] = [];
  for (const victim of victims(store)) {
    gone.push(victim.key);
    removeRecord(store, victim);
  }
  return gone;
}

function orderOf(store: Store): string[] {
  const keys: string[] = [];
  for (let record = store.oldest; record !== undefined; record = record.newer) keys.push(record.key);
  return keys;
}

function ledShelf(store: Store, partition = 0): Shelf {
  const shelf = createShelf(partition);
  setLed(store, shelf, true);
  return shelf;
}

describe('store', () => {
  it('a trace of gets and puts on one node hits exactly as often as lru-cache', () => {
    const store = createStore({ maxEntries: 100, maxBytes: 0 });
    const shelves = Array.from({ length: 8 }, (_, partition) => ledShelf(store, partition));
    const reference = new LRUCache<string, string>({ max: 100 });
    const random = createRandom('trace');
    for (let step = 0; step < 20_000; step++) {
      const number = Math.floor(random() * random() * 400);
      const shelf = shelves[number % 8];
      if (shelf === undefined) throw new Error('no shelf');
      const key = `k${number}`;
      const record = shelf.records.get(key);
      expect(record?.value, `step ${step}`).to.equal(reference.get(key));
      if (record !== undefined) touchRecord(store, record);
      if (record === undefined || random() < 0.1) {
        put(store, shelf, key, `${step}`);
        reference.set(key, `${step}`);
        evict(store);
      }
    }
    expect(orderOf(store).reverse()).to.deep.equal([...reference.keys()]);
  });

  it('a bound in bytes counts keys, values and overhead, and keeps what lru-cache keeps', () => {
    const maxBytes = 20 * bytesOf(bytesFromText('k1'), bytesFromText('x'.repeat(100)));
    const store = createStore({ maxEntries: 0, maxBytes });
    const shelf = ledShelf(store);
    const reference = new LRUCache<string, string>({
      maxSize: maxBytes,
      sizeCalculation: (value, key) => bytesOf(bytesFromText(key), bytesFromText(value)),
    });
    const random = createRandom('bytes');
    for (let step = 0; step < 5_000; step++) {
      const key = `k${Math.floor(random() * 60)}`;
      const value = 'x'.repeat(Math.floor(random() * 200));
      put(store, shelf, key, value);
      reference.set(key, value);
      evict(store);
      expect(store.ledBytes).to.equal(reference.calculatedSize);
    }
    expect(orderOf(store).reverse()).to.deep.equal([...reference.keys()]);
  });

  it('the store never forgets by itself, and one record larger than the bound stays', () => {
    const store = createStore({ maxEntries: 0, maxBytes: 10 });
    const shelf = ledShelf(store);
    put(store, shelf, 'a', '1');
    put(store, shelf, 'b', '2');
    expect(shelf.records.size).to.equal(2);
    expect(evict(store)).to.deep.equal(['a']);
  });

  it('records of partitions that are not led do not count, until they are: by their versions', () => {
    const store = createStore({ maxEntries: 3, maxBytes: 0 });
    const own = ledShelf(store);
    const other = createShelf(1);
    put(store, own, 'own', '');
    put(store, other, 'younger', '', 9);
    put(store, other, 'older', '', 5);
    expect(orderOf(store)).to.deep.equal(['own']);
    setLed(store, other, true);
    expect(orderOf(store)).to.deep.equal(['own', 'older', 'younger']);
    expect(store.ledEntries).to.equal(3);
    setLed(store, own, false);
    expect(orderOf(store)).to.deep.equal(['older', 'younger']);
    expect(store.ledEntries).to.equal(2);
  });

  it('a tombstone is counted apart and is no victim', () => {
    const store = createStore({ maxEntries: 1, maxBytes: 0 });
    const shelf = ledShelf(store);
    const record = put(store, shelf, 'a', '1');
    changeRecord(store, record, bytesFromText(''), Infinity, true);
    expect({ live: shelf.live, tombstones: shelf.tombstones, bytes: shelf.bytes }).to.deep.equal({
      live: 0,
      tombstones: 1,
      bytes: 0,
    });
    expect(orderOf(store)).to.deep.equal([]);
    removeRecord(store, record);
    expect(shelf.tombstones).to.equal(0);
  });

  it('without bounds no order is kept', () => {
    const store = createStore({ maxEntries: 0, maxBytes: 0 });
    touchRecord(store, put(store, ledShelf(store), 'a', '1'));
    expect(store.newest).to.equal(undefined);
  });

  it('counts and order stay true through any mix of changes', () => {
    const action = fc.record({
      what: fc.constantFrom('put', 'delete', 'remove', 'touch', 'led'),
      key: fc.constantFrom('a', 'b', 'c', 'd'),
      shelf: fc.nat(1),
    });
    fc.assert(
      fc.property(fc.array(action, { maxLength: 40 }), (actions) => {
        const store = createStore({ maxEntries: 1_000, maxBytes: 0 });
        const shelves = [createShelf(0), createShelf(1)];
        for (const { what, key, shelf: place } of actions) {
          const shelf = shelves[place];
          if (shelf === undefined) continue;
          const record = shelf.records.get(key);
          if (what === 'put') put(store, shelf, key, what);
          else if (what === 'led') setLed(store, shelf, !shelf.led);
          else if (record === undefined) continue;
          else if (what === 'delete') changeRecord(store, record, bytesFromText(''), Infinity, true);
          else if (what === 'remove') removeRecord(store, record);
          else if (!record.tombstone) touchRecord(store, record);
        }
        const live = shelves.map((shelf) =>
          [...shelf.records.values()].filter((record) => !record.tombstone),
        );
        const led = shelves.flatMap((shelf, place) => (shelf.led ? (live[place] ?? []) : []));
        expect(shelves.map((shelf) => shelf.live)).to.deep.equal(live.map((records) => records.length));
        expect(store.ledEntries).to.equal(led.length);
        expect(orderOf(store).sort()).to.deep.equal(led.map((record) => record.key).sort());
      }),
    );
  });
});
