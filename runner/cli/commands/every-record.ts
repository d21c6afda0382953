/** `scan`: every record; and `query '*'`: every record grouped by the node that leads it (the course's command). */
import type { Command } from 'commander';
import { trustBytes } from '../../../src/bytes.js';
import { jsonBytes } from '../../workload/history.js';
import { clientCommand, type ClientOptions, type Context } from '../context.js';
import { flag } from '../flag.js';
import type { Output } from '../output.js';
import { recordsOfRing, type RingRecord } from '../records-of-ring.js';
import { overlaySchema } from '../replies.js';
import type { Session } from '../session.js';

interface ScanFlags extends ClientOptions {
  readonly keys?: true;
}

export function registerScan(program: Command, context: Context): void {
  const { output } = context;
  const scan = program
    .command('scan')
    .description('print every record, a line each: key, tab, value; in no order')
    .addOption(flag('--keys', 'print the keys alone'));
  clientCommand(scan, ['scan', 'scan --keys | sort', 'scan --json > records.jsonl']).action(
    (options: ScanFlags) =>
      context.withSession(options, async (session) => {
        for await (const { records } of recordsOfRing(session)) {
          for (const record of records) {
            if (options.json) output.json(options.keys ? jsonBytes('key', record.key) : recordAsJson(record));
            else output.bytes(options.keys ? record.key : trustBytes(`${record.key}\t${record.value}`));
          }
        }
      }),
  );
}

/** Prints the nodes in ring order, each with the records that it leads; nodes without records too. */
export async function printEveryRecord(session: Session, output: Output, json: boolean): Promise<void> {
  const byNode = new Map<string, { readonly address: string; readonly records: RingRecord[] }>();
  for (const { id, address } of await session.json(overlaySchema, 'RONDO.OVERLAY')) {
    byNode.set(id, { address, records: [] });
  }
  for await (const page of recordsOfRing(session)) {
    const node = byNode.get(page.leader) ?? { address: page.address, records: [] };
    byNode.set(page.leader, node);
    for (const record of page.records) node.records.push(record);
  }
  const { colors } = output;
  for (const [id, { address, records }] of byNode) {
    if (json) {
      output.json({ id, address, records: records.map(recordAsJson) });
      continue;
    }
    const count = `${records.length} ${records.length === 1 ? 'record' : 'records'}`;
    output.data(`${colors.bold(address)} ${colors.dim(id.slice(0, 12))} ${count}`);
    for (const { key, value } of records) output.bytes(trustBytes(`  ${key} = ${value}`));
  }
}

function recordAsJson({ key, value }: RingRecord): Readonly<Record<string, string>> {
  return { ...jsonBytes('key', key), ...jsonBytes('value', value) };
}
