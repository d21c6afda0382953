/** Checks of what other threads would unpack unseen: packed packets and batches, as they lie in a frame. One pass over their words. */
import type { Identifier } from '../chord/identifier.js';
import {
  isCount,
  problemOfAnswers,
  problemOfAsks,
  problemOfRecords,
  type Batch,
  type BatchProblem,
} from '../wire/batch-checks.js';
import { problemOfReplies, problemOfRequests } from '../wire/request-checks.js';
import { WireError } from '../wire/wire-error.js';
import type { WireLimits } from '../wire/wire-limits.js';
import { headerBytes, packedKindMax, packedKinds, wordsPerMessage } from './packet-packing.js';

const countsBytes = 8;
const namePattern = /^[0-9a-f]{40}(?:,[0-9a-f]{40})*$/;
let bytes = Buffer.from(new ArrayBuffer(64 * 1024));
let words = new Int32Array(bytes.buffer);
let doubles = new Float64Array(bytes.buffer);

/** Throws WireError unless unpackPacket can take the bytes from `start` on, and a node the messages in them. Their field `received` must be 0. */
export function checkPackedPacket(
  body: Buffer,
  start: number,
  from: Identifier,
  version: number,
  limits: WireLimits,
): void {
  const length = body.length - start;
  if (length < headerBytes) throw problem('', `has ${length} bytes, less than its header`);
  load(body, start, headerBytes);
  const [received = 0, count = 0, doublesCount = 0, wordsCount = 0] = words;
  const packedBytes = headerBytes + 8 * doublesCount + 4 * wordsCount;
  if (received !== 0) throw problem('', `has received ${received}, which is a port's own matter`);
  if (count < 0 || doublesCount < count || wordsCount < 1 + count * wordsPerMessage || packedBytes > length)
    throw problem(
      '',
      `has ${count} messages, ${doublesCount} doubles and ${wordsCount} words in ${length} bytes`,
    );
  load(body, start, packedBytes);
  const wordsEnd = packedBytes / 4;
  const doublesEnd = headerBytes / 8 + doublesCount;
  let wordAt = headerBytes / 4 + 2 * doublesCount;
  let doubleAt = headerBytes / 8;
  const nameBytes = words[wordAt++] ?? 0;
  if (nameBytes !== limits.clusterId.length) throw problem('', `has ${nameBytes} bytes of its ring's name`);
  const owner = start + packedBytes;
  const textStart = owner + nameBytes + from.length;
  const sender = body.toString('latin1', owner, textStart);
  if (sender !== limits.clusterId + from) throw problem('', `is not of ${from} in this ring`);
  let textAt = textStart;
  for (let index = 0; index < count; index++) {
    const place = `messages.${index}`;
    if (wordAt + wordsPerMessage > wordsEnd) throw problem(place, 'begins after the last word');
    const kind = words[wordAt] ?? 0;
    const headCount = words[wordAt + 1] ?? 0;
    const numbersCount = words[wordAt + 2] ?? 0;
    const textBytes = words[wordAt + 3] ?? 0;
    const writersBytes = words[wordAt + 4] ?? 0;
    const headAt = wordAt + wordsPerMessage;
    wordAt = headAt + headCount;
    const numbersAt = doubleAt + 1;
    doubleAt = numbersAt + numbersCount;
    const writersAt = textAt + textBytes;
    textAt = writersAt + writersBytes;
    if (headCount < 0 || numbersCount < 0 || textBytes < 0 || writersBytes < 0)
      throw problem(place, `has ${headCount} words, ${numbersCount} numbers and ${textBytes} bytes of text`);
    if (wordAt > wordsEnd || doubleAt > doublesEnd || textAt > body.length)
      throw problem(place, 'ends after the packet');
    if (!isCount(doubles[numbersAt - 1] ?? NaN)) throw problem(place, 'has no request id');
    const batch = {
      head: words.subarray(headAt, wordAt),
      numbers: doubles.subarray(numbersAt, doubleAt),
      textLength: textBytes,
    };
    const writers = writersBytes === 0 ? '' : body.toString('latin1', writersAt, textAt);
    const reason = problemOfMessage(kind, batch, writers, version, limits);
    if (reason !== undefined) throw problem(place, reason);
  }
  if (wordAt !== wordsEnd || doubleAt !== doublesEnd || textAt !== body.length)
    throw problem('', 'has more words, doubles or text than its messages');
}

/** Throws WireError unless unpackBatch can take the bytes from `start` on, and a node the requests in them. */
export function checkRequests(body: Buffer, start: number, limits: WireLimits): void {
  const reason = problemOfRequests(batchIn(body, start, 'requests'), limits);
  if (reason !== undefined) throw new WireError('requests', '', reason);
}

/** As checkRequests, of a node's replies to a client. */
export function checkReplies(body: Buffer, start: number): void {
  const reason = problemOfReplies(batchIn(body, start, 'replies'));
  if (reason !== undefined) throw new WireError('replies', '', reason);
}

function problemOfMessage(
  kind: number,
  batch: Batch,
  writers: string,
  version: number,
  limits: WireLimits,
): BatchProblem {
  if (kind < packedKinds.registerAsks || kind > packedKindMax(version))
    return `is of the unknown kind ${kind}`;
  const isOfRecords = kind === packedKinds.replicate || kind === packedKinds.records;
  if (isOfRecords && writers !== '' && !namePattern.test(writers))
    return 'names writers that are no identifiers';
  if (!isOfRecords && writers !== '') return 'names writers';
  if (isOfRecords) return problemOfRecords(batch, (writers.length + 1) / 41, limits);
  if (kind === packedKinds.registerAsks) return problemOfAsks(batch, limits);
  if (kind === packedKinds.registerAnswers) return problemOfAnswers(batch, limits);
  const isEmpty = batch.head.length === 0 && batch.numbers.length === 0 && batch.textLength === 0;
  return isEmpty ? undefined : 'has a batch where none belongs';
}

/** What packBatch wrote, in place. */
function batchIn(body: Buffer, start: number, frame: string): Batch {
  const length = body.length - start;
  if (length < countsBytes) throw new WireError(frame, '', `has ${length} bytes, less than its header`);
  load(body, start, countsBytes);
  const [headCount = 0, doublesCount = 0] = words;
  const packedBytes = countsBytes + 8 * doublesCount + 4 * headCount;
  if (headCount < 0 || doublesCount < 0 || packedBytes > length)
    throw new WireError(frame, '', `has ${headCount} words and ${doublesCount} numbers in ${length} bytes`);
  load(body, start, packedBytes);
  const headAt = 2 + 2 * doublesCount;
  return {
    head: words.subarray(headAt, headAt + headCount),
    numbers: doubles.subarray(1, 1 + doublesCount),
    textLength: length - packedBytes,
  };
}

/** Copies the beginning of a batch to where its words and doubles are aligned. */
function load(body: Buffer, start: number, count: number): void {
  if (count > bytes.length) {
    bytes = Buffer.from(new ArrayBuffer(Math.max(2 * bytes.length, Math.ceil(count / 8) * 8)));
    words = new Int32Array(bytes.buffer);
    doubles = new Float64Array(bytes.buffer);
  }
  body.copy(bytes, 0, start, start + count);
}

function problem(field: string, reason: string): WireError {
  return new WireError('packet', field, reason);
}
