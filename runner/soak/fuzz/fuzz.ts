/**
 * Mutated frames against the reader of frames, their checks, and real nodes of both modes: what is refused must be refused with a
 * reason, and what is taken must harm no node. Seeded, in virtual time: a run with the same seed is the same run.
 */
import { stackOf } from '../../../src/errors.js';
import { readFrame } from '../../../src/io/frame-codec.js';
import { FrameReader } from '../../../src/io/frames.js';
import { createRandom } from '../../../src/random.js';
import { WireError } from '../../../src/wire/wire-error.js';
import { frameBytesMaxOf } from '../../../src/wire/wire-limits.js';
import { mutate } from './mutate.js';
import { createFuzzedRing, type FuzzedRing } from './ring.js';

export interface FuzzResult {
  readonly frames: number;
  /** By what was read: frames that were taken, kinds of refusals. */
  readonly taken: number;
  readonly refused: number;
  /** How often each kind of frame was refused, and for how many reasons in all. */
  readonly refusalsByFrame: Readonly<Record<string, number>>;
  readonly reasons: number;
  /** The longest that a processor worked on one frame: to read it, and to hear it. */
  readonly slowestMs: number;
  /** The most that a reader held of a frame whose end had not come, in bytes. */
  readonly heldBytesMax: number;
  readonly seconds: number;
  /** What must not happen: an error that is none of the wire, a node that stopped, a ring that did not come to rest. */
  readonly wrong: readonly string[];
}

/** Frames that one ring hears at most before another takes its place, in the other mode. */
const framesPerRing = 100_000;
/** Frames heard before time passes in the ring. */
const framesPerRun = 500;
const runMs = 250;
const wrongMax = 20;

export function fuzz(frames: number, seed: number, progress?: (line: string) => void): FuzzResult {
  const random = createRandom(seed);
  const startedMs = performance.now();
  const refusalsByFrame: Record<string, number> = {};
  const reasons = new Set<string>();
  const wrong: string[] = [];
  const perRing = Math.min(framesPerRing, Math.ceil(frames / 2));
  let ring = createFuzzedRing('linearizable', seed);
  let taken = 0;
  let refused = 0;
  let slowestMs = 0;
  let heldBytesMax = 0;

  const complain = (what: string, done: number): void => {
    if (wrong.length < wrongMax) wrong.push(`seed ${seed}, frame ${done}: ${what}`);
  };
  const settle = (done: number): void => {
    if (!ring.run(runMs)) complain('the ring does not come to rest', done);
    for (const failure of ring.failures) complain(failure, done);
  };

  for (let done = 0; done < frames && wrong.length < wrongMax; done++) {
    if (done > 0 && done % perRing === 0) {
      settle(done);
      ring = createFuzzedRing((done / perRing) % 2 === 0 ? 'linearizable' : 'eventual', seed + done);
      progress?.(`${done} frames: ${taken} taken, ${refused} refused for ${reasons.size} reasons`);
    } else if (done % framesPerRun === 0) settle(done);
    const bytes = mutate(sample(ring, random), sample(ring, random), random);
    const began = process.cpuUsage();
    const { error, held } = feed(ring, bytes, random, () => taken++);
    const { user, system } = process.cpuUsage(began);
    slowestMs = Math.max(slowestMs, (user + system) / 1000);
    heldBytesMax = Math.max(heldBytesMax, held);
    if (held > 2 * bytes.length + 64 * 1024) complain(`${held} bytes are held of ${bytes.length}`, done);
    if (error instanceof WireError) {
      refused++;
      refusalsByFrame[error.frame] = (refusalsByFrame[error.frame] ?? 0) + 1;
      reasons.add(error.message.replace(/[\d.]+|"[^"]*"/g, '#'));
    } else if (error !== undefined) complain(stackOf(error), done);
  }
  settle(frames);
  const seconds = (performance.now() - startedMs) / 1000;
  return {
    frames,
    taken,
    refused,
    refusalsByFrame,
    reasons: reasons.size,
    slowestMs: Math.round(slowestMs),
    heldBytesMax,
    seconds: Math.round(seconds),
    wrong,
  };
}

/** Sends the bytes in pieces as a connection would, and hears what is taken. */
function feed(
  ring: FuzzedRing,
  bytes: Buffer,
  random: () => number,
  onTaken: () => void,
): { readonly error: unknown; readonly held: number } {
  const version = random() < 0.1 ? 1 : 2;
  let held = 0;
  const reader = new FrameReader(frameBytesMaxOf(ring.config), (type, body) => {
    const frame = readFrame(type, body, version, ring.config);
    onTaken();
    ring.hear(frame);
  });
  try {
    for (let at = 0; at < bytes.length;) {
      const next =
        random() < 0.7 ? bytes.length : Math.min(bytes.length, at + 1 + Math.floor(random() * 400));
      const error = reader.push(bytes.subarray(at, next));
      if (error !== undefined) return { error, held };
      held = Math.max(held, reader.heldBytes);
      at = next;
    }
    return { error: reader.end(), held };
  } catch (error) {
    return { error, held };
  }
}

function sample({ samples }: FuzzedRing, random: () => number): Buffer {
  return samples[Math.floor(random() * samples.length)] ?? Buffer.alloc(0);
}
