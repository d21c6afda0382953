/**
 * `npm run soak:threads -- --seconds 600 --seed 1`: a linearizable ring of node threads under random kills, pauses, departures and
 * joins, at full load; histories judged, acknowledged writes counted, heaps and handles compared. Exit code 5 when something is wrong.
 */
import { parseArgs } from 'node:util';
import { exitCodes } from '../cli/exit-code.js';
import { soak, type SoakOptions, type SoakResult } from './soak.js';
import { wholeNumber } from './whole-number.js';

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '600' },
    operations: { type: 'string', default: '1000000' },
    nodes: { type: 'string', default: '8' },
    clients: { type: 'string', default: '4' },
    lanes: { type: 'string', default: '16' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
    json: { type: 'boolean', default: false },
  },
});
const options: SoakOptions = {
  nodes: wholeNumber('nodes', values.nodes),
  replicas: 3,
  clients: wholeNumber('clients', values.clients),
  lanes: wholeNumber('lanes', values.lanes),
  seconds: wholeNumber('seconds', values.seconds),
  operations: wholeNumber('operations', values.operations),
  seed: wholeNumber('seed', values.seed),
  progress: (line) => process.stderr.write(`${line}\n`),
};
process.stderr.write(`seed ${options.seed}, ${options.nodes} nodes, ${options.clients} clients\n`);
const result = await soak(options);
if (values.json) console.log(JSON.stringify({ seed: options.seed, ...result }));
else show(result);
process.exitCode = result.ok ? exitCodes.ok : exitCodes.checkFailed;

function show({
  operations,
  seconds,
  errorsByCode,
  firstErrors,
  faults,
  judged,
  ledger,
  growth,
  ok,
}: SoakResult): void {
  console.log(`operations  ${operations} in ${seconds} s; not done: ${JSON.stringify(errorsByCode)}`);
  for (const error of firstErrors) console.log(`            ${error}`);
  const { kills, pauses, departures, joins, wholeMsMax } = faults;
  console.log(
    `faults      ${kills} kills, ${pauses} pauses, ${departures} departures, ${joins} joins; whole again after ${wholeMsMax} ms at most`,
  );
  console.log(`histories   ${judged.generations} generations of keys: ${JSON.stringify(judged.keys)}`);
  console.log(`ledger      ${ledger.acknowledged} increments acknowledged, ${ledger.unknown} unknown`);
  if (growth.length > 0) console.table(growth);
  for (const complaint of [...judged.complaints, ...faults.complaints, ...ledger.wrong])
    console.log(`WRONG       ${complaint}`);
  console.log(ok ? 'ok' : 'FAILED');
}
