/**
 * A site as text: equal texts, equal behaviour. All of its fields count but those named here, which are counters, can be told
 * from others, or concern what an exploration has not (expiry, bounds, scans). Times are written as distances from now.
 */
import type { Asker } from '../../../src/replication/linearizable/asking.js';
import type { Site } from '../../../src/replication/linearizable/site.js';
import type { Slot } from '../../../src/replication/linearizable/slot.js';
import type { View } from '../../../src/replication/linearizable/view.js';
import { namesOf, viewText } from './members.js';

const uncounted = {
  site: new Set([
    'environment',
    'overlay',
    'self',
    'store',
    'slots',
    'known',
    'concerned',
    'betweenViews',
    'counters',
    'asking',
    'requests',
    'nextRequestId',
    'pendingRaised',
    'tickedAtMs',
    'tombstoneBytes',
  ]),
  slot: new Set(['partition', 'identifier', 'live', 'bytes', 'tombstones', 'members', 'place', 'quorum']),
  other: new Set(['shelf', 'keyHash', 'hlc', 'writer', 'newer', 'older', 'heard']),
};

const times = new Set([
  'sentAtMs',
  'retryAtMs',
  'untilMs',
  'leadSentAtMs',
  'sinceMs',
  'dueAtMs',
  'driveAtMs',
  'heardAtMs',
  'hintedAtMs',
  'hintsDueAtMs',
  'collectedAtMs',
  'warmedAtMs',
  'askedAtMs',
  'deadSinceMs',
  'warm',
]);

export function textOfSite(site: Site, nowMs: number): string {
  const texts = new Texts(nowMs);
  const { slots, known, concerned, asking } = site;
  const slot = slots[0];
  return [
    slot === undefined ? 'nothing' : texts.fields(slot, uncounted.slot),
    slot === undefined ? '' : `${namesOf(slot.members)} ${known.has(slot)}`,
    texts.of([...concerned.values()], ''),
    liveBatches(asking.batches)
      .map(([id, text]) => `${id}:${text}`)
      .sort()
      .join(),
    texts.fields(site, uncounted.site),
  ].join('|');
}

/** Batches whose answers somebody still awaits: request id, and a text. */
export function liveBatches(batches: Site['asking']['batches']): readonly (readonly [number, string])[] {
  const live: (readonly [number, string])[] = [];
  for (const [id, { peer, askers, kinds, ballots }] of batches) {
    if (!askers.some((asker, place) => awaits(asker, ballots[place] ?? 0))) continue;
    live.push([id, `${peer.slice(0, 1)} ${kinds.join()} ${ballots.join()} ${askers.map(askerText).join()}`]);
  }
  return live;
}

/** Who asked, as long as it matters. */
export function askerText(asker: Asker): string {
  if (asker.kind === 'change') return `change ${asker.operations.map(({ id }) => id).join('+')}`;
  return asker.kind === 'read' ? `read ${asker.id}` : 'collection';
}

/** A change takes no answer to a ballot that it has left behind. */
function awaits(asker: Asker, ballot: number): boolean {
  if (asker.kind === 'collection') return true;
  return !asker.done && (asker.kind === 'read' || asker.ballot === ballot);
}

class Texts {
  readonly #nowMs: number;

  constructor(nowMs: number) {
    this.#nowMs = nowMs;
  }

  fields(record: object, without: ReadonlySet<string>): string {
    const parts: string[] = [];
    for (const [name, value] of Object.entries(record)) {
      if (!without.has(name)) parts.push(`${name}=${this.of(value, name)}`);
    }
    return `{${parts.join()}}`;
  }

  of(value: unknown, name: string): string {
    if (typeof value === 'number') return String(times.has(name) ? value - this.#nowMs : value);
    if (typeof value !== 'object' || value === null) return String(value);
    if (Array.isArray(value))
      return `[${this.#live(value)
        .map((each) => this.of(each, name))
        .join()}]`;
    if (value instanceof Float64Array) return `[${value.join()}]`;
    if (value instanceof Set)
      return `[${[...value]
        .map((each) => this.of(each, name))
        .sort()
        .join()}]`;
    if (value instanceof Map) {
      const entries = [...value].map(([key, each]) => `${this.of(key, '')}:${this.of(each, name)}`);
      return `[${entries.sort().join()}]`;
    }
    if (isSlot(value)) return '@';
    if (isView(value)) return viewText(value);
    if ('incarnation' in value && 'address' in value) return String(value.address);
    return this.fields(value, uncounted.other);
  }

  /** Reads and changes that are over are swept out by the next tick. */
  #live(list: readonly unknown[]): readonly unknown[] {
    return list.filter(
      (each) => !(typeof each === 'object' && each !== null && 'done' in each && each.done === true),
    );
  }
}

function isSlot(value: object): value is Slot {
  return 'nextPromised' in value && 'records' in value;
}

function isView(value: object): value is View {
  return 'previousEpoch' in value && 'members' in value;
}
