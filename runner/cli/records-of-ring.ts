/** Every record of a ring, page by page, node by node (RONDO.RECORDS). */
import { bytesFromText, textFromBytes, type ByteString } from '../../src/bytes.js';
import { RondoError } from '../../src/errors.js';
import { bytesOf, type RespValue } from '../gateway/resp-value.js';
import type { Session } from './session.js';

export interface RingRecord {
  readonly key: ByteString;
  readonly value: ByteString;
}

/** Records of one partition; `leader` and `address` name the node that leads it. Never empty. */
export interface RecordPage {
  readonly leader: string;
  readonly address: string;
  readonly records: readonly RingRecord[];
}

const pageRecords = bytesFromText('500');
const start = bytesFromText('0');

/** Pages of one node follow each other. Records present throughout appear once; a key that moves meanwhile is not repeated. */
export async function* recordsOfRing(session: Session): AsyncGenerator<RecordPage, void> {
  const seen = new Set<ByteString>();
  let cursor = start;
  do {
    const reply = await session.call('RONDO.RECORDS', cursor, pageRecords);
    const [next, leader, address, , pairs] = itemsOf(reply);
    cursor = bytesIn(next);
    const records = pairsOf(pairs).filter(({ key }) => !seen.has(key));
    for (const { key } of records) seen.add(key);
    if (records.length > 0) {
      yield { leader: textFromBytes(bytesIn(leader)), address: textFromBytes(bytesIn(address)), records };
    }
  } while (cursor !== start);
}

function pairsOf(reply: RespValue | undefined): readonly RingRecord[] {
  const items = itemsOf(reply);
  const records: RingRecord[] = [];
  for (let index = 0; index + 1 < items.length; index += 2) {
    records.push({ key: bytesIn(items[index]), value: bytesIn(items[index + 1]) });
  }
  return records;
}

function itemsOf(reply: RespValue | undefined): readonly RespValue[] {
  if (reply?.type === 'array') return reply.items;
  throw unexpected('a list', reply);
}

function bytesIn(reply: RespValue | undefined): ByteString {
  const bytes = reply === undefined ? undefined : bytesOf(reply);
  if (bytes === undefined) throw unexpected('bytes', reply);
  return bytes;
}

function unexpected(what: string, reply: RespValue | undefined): RondoError {
  const found = reply === undefined ? 'nothing' : `a reply of type ${reply.type}`;
  return new RondoError('INTERNAL', `expected ${what} from the ring, found ${found}`);
}
