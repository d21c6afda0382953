/** A scan of all records: partition by partition, page by page. */
import { arrayFromBytes, trustBytes } from '../bytes.js';
import type { CallOptions, Reply, Submitter } from '../client-types.js';
import { opcodes, statuses, unpackScanPage } from '../wire/requests.js';
import { replyError } from './replies.js';

const pageRecords = 256;

/** `timeoutMs` is of each page. */
export async function* scanRecords(
  submitter: Submitter,
  options: CallOptions | undefined,
): AsyncGenerator<readonly [key: Uint8Array, value: Uint8Array]> {
  for (let partition = 0; partition < submitter.partitions; partition++) {
    let cursor: string | undefined = '';
    while (cursor !== undefined) {
      const reply: Reply = await submitter.submitToPartition(
        opcodes.scan,
        partition,
        trustBytes(cursor),
        pageRecords,
        options,
      );
      if (reply.status !== statuses.ok) throw replyError(reply.status, reply.value);
      const page = unpackScanPage(reply.value);
      for (const [key, value] of page.records) yield [arrayFromBytes(key), arrayFromBytes(value)];
      cursor = page.next;
    }
  }
}
