/**
 * `npm run soak:frames -- --frames 1000000 --seed 1`: mutated frames against the door that other hosts come in by. Exit code 5 when
 * something is wrong.
 */
import { parseArgs } from 'node:util';
import { exitCodes } from '../cli/exit-code.js';
import { fuzz } from './fuzz/fuzz.js';
import { wholeNumber } from './whole-number.js';

const { values } = parseArgs({
  options: {
    frames: { type: 'string', default: '1000000' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
    json: { type: 'boolean', default: false },
  },
});
const seed = wholeNumber('seed', values.seed);
process.stderr.write(`seed ${seed}\n`);
let heapMbMax = 0;
const result = fuzz(wholeNumber('frames', values.frames), seed, (line) => {
  globalThis.gc?.();
  const heapMb = Math.round(process.memoryUsage().heapUsed / 2 ** 20);
  heapMbMax = Math.max(heapMbMax, heapMb);
  process.stderr.write(`${line}, heap ${heapMb} MiB\n`);
});
const rssMb = Math.round(process.resourceUsage().maxRSS / 1024);
if (values.json) console.log(JSON.stringify({ seed, heapMbMax, rssMb, ...result }));
else {
  const { frames, taken, refused, reasons, slowestMs, heldBytesMax, seconds, wrong } = result;
  console.log(
    `frames   ${frames} in ${seconds} s: ${taken} taken, ${refused} refused for ${reasons} reasons`,
  );
  console.log(`slowest  ${slowestMs} ms for one frame`);
  console.log(
    `memory   ${heldBytesMax} bytes held of an unfinished frame, heap ${heapMbMax} MiB, process ${rssMb} MiB`,
  );
  for (const complaint of wrong) console.log(`WRONG    ${complaint}`);
  console.log(wrong.length === 0 ? 'ok' : 'FAILED');
}
process.exitCode = result.wrong.length === 0 ? exitCodes.ok : exitCodes.checkFailed;
