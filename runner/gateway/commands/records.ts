/**
 * RONDO.RECORDS: every record, a page at a time, grouped by the node that leads it. Partitions are walked clockwise from the
 * first one of some node's arc, so that a node's partitions come one after another and nobody has to sort or to remember.
 */
import { arrayFromBytes, trustBytes } from '../../../src/bytes.js';
import { readInteger, syntaxError } from '../arguments.js';
import { argument, type Call, type Handler } from '../command.js';
import type { ScanPage } from '../../../src/wire/requests.js';
import { partitionIdentifier } from '../../../src/replication/partition.js';
import { array, bulk, bulkText, errorValue, integer, type RespError, type RespValue } from '../resp-value.js';
import { readPage } from './scan.js';

const countDefault = 100;
const countMax = 1_000;
/** Empty partitions walked past in one call. */
const partitionsPerCall = 64;

/** Where a listing is: it ends when it comes round to `first` again. */
interface Listing {
  readonly first: number;
  readonly partition: number;
  readonly position: string;
}

/**
 * `RONDO.RECORDS [cursor [count]]` answers `[next cursor, leader's identifier, leader's address, partition, [key, value, ...]]`;
 * the first cursor is `0`, and a next cursor of `0` ends the listing. A page may be empty; its leader is then empty too.
 */
export const records: Handler = async (call) => {
  if (call.args.length > 3) return syntaxError;
  const count = call.args.length === 3 ? readInteger(call.args[2]) : countDefault;
  if (count === undefined || count < 1) return errorValue('ERR the count must be a positive integer');
  let listing = await readCursor(call);
  if (listing === undefined) return errorValue('ERR invalid cursor');
  for (let step = 1; ; step++) {
    const page: ScanPage | RespError = await readPage(call, listing, Math.min(count, countMax));
    if ('type' in page) return page;
    const next = after(listing, page, call.gateway.submitter.partitions);
    const isWorthAnswering = page.records.length > 0 || next === undefined || step === partitionsPerCall;
    if (isWorthAnswering) return answer(call, listing.partition, page, next);
    listing = next;
  }
};

async function answer(
  call: Call,
  partition: number,
  page: ScanPage,
  next: Listing | undefined,
): Promise<RespValue> {
  const firstRecord = page.records[0];
  const leader =
    firstRecord === undefined
      ? undefined
      : (await call.gateway.admin.trace(arrayFromBytes(firstRecord[0]))).group[0];
  return array([
    bulk(trustBytes(next === undefined ? '0' : `${next.first}.${next.partition}.${next.position}`)),
    bulkText(leader?.id ?? ''),
    bulkText(leader?.address ?? ''),
    integer(partition),
    array(page.records.flatMap(([key, value]) => [bulk(key), bulk(value)])),
  ]);
}

function after(listing: Listing, page: ScanPage, partitions: number): Listing | undefined {
  if (page.next !== undefined) return { ...listing, position: page.next };
  const partition = (listing.partition + 1) % partitions;
  return partition === listing.first ? undefined : { first: listing.first, partition, position: '' };
}

async function readCursor(call: Call): Promise<Listing | undefined> {
  const cursor = call.args.length === 1 ? '0' : argument(call, 1);
  if (cursor === '0') {
    const first = await firstPartition(call);
    return { first, partition: first, position: '' };
  }
  const [, first, partition, position] = /^(\d{1,5})\.(\d{1,5})\.([^]*)$/.exec(cursor) ?? [];
  if (first === undefined || partition === undefined || position === undefined) return undefined;
  const { partitions } = call.gateway.submitter;
  const isOfThisRing = Number(first) < partitions && Number(partition) < partitions;
  return isOfThisRing ? { first: Number(first), partition: Number(partition), position } : undefined;
}

/** The first partition past the last node of the circle: its home is the first node, whose arc spans the circle's zero. */
async function firstPartition({ gateway }: Call): Promise<number> {
  const nodes = await gateway.admin.overlay();
  const last = nodes.reduce((greatest, { id }) => (id > greatest ? id : greatest), '');
  const { partitions } = gateway.submitter;
  for (let partition = 0; partition < partitions; partition++) {
    if (partitionIdentifier(partition, partitions) > last) return partition;
  }
  return 0;
}
