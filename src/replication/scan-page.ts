/**
 * The pages of a scan. They follow the order of the keys' hashes, so that a cursor (the last hash shown) stays good whatever comes
 * and goes.
 */
import type { ByteString } from '../bytes.js';
import type { StoredRecord } from '../store.js';

const pageRecordsMax = 1_024;
const pageRecordsDefault = 256;
const pageBytesMax = 1024 * 1024;

export interface RecordPage<Held> {
  /** Hashes above it, up to and with `through`, which is Infinity on the last page. */
  readonly after: number;
  readonly through: number;
  readonly records: readonly Held[];
}

/** The page behind the cursor, '' being the beginning. Costs a look at every record. */
export function cutPage<Held extends StoredRecord>(
  records: Iterable<Held>,
  cursor: ByteString,
  asked: number,
  isShown: (record: Held) => boolean,
): RecordPage<Held> {
  const after = afterOf(cursor);
  const rest: Held[] = [];
  for (const record of records) if (record.keyHash > after && isShown(record)) rest.push(record);
  rest.sort((a, b) => a.keyHash - b.keyHash);
  const limit = asked > 0 ? Math.min(asked, pageRecordsMax) : pageRecordsDefault;
  let bytes = 0;
  let last = after;
  for (const [place, { keyHash, key, value }] of rest.entries()) {
    // Keys of one hash are never parted, for the cursor could not tell them apart.
    if (keyHash !== last && (place >= limit || bytes >= pageBytesMax)) {
      return { after, through: last, records: rest.slice(0, place) };
    }
    bytes += key.length + value.length;
    last = keyHash;
  }
  return { after, through: Infinity, records: rest };
}

/** What the client is to ask with for what follows the page; undefined after the last. */
export function cursorAfter(through: number): string | undefined {
  return through === Infinity ? undefined : String(through);
}

function afterOf(cursor: ByteString): number {
  return cursor === '' ? -1 : Number(cursor);
}
