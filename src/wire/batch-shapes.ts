/** Shapes of the packed batches that stand in messages: their arrays and texts travel beside the JSON. */
import type { PackedAnswers, PackedAsks } from '../replication/linearizable/packed-asks.js';
import type { PackedRegisters } from '../replication/linearizable/packed-registers.js';
import type { PackedRecords } from '../replication/packed-records.js';
import {
  problemOfAnswers,
  problemOfAsks,
  problemOfRecords,
  problemOfRegisters,
  type Batch,
  type BatchProblem,
} from './batch-checks.js';
import { array, bytes, doubles, identifier, object, where, words, type Shape } from './shapes.js';
import type { WireLimits } from './wire-limits.js';

/** Bounded by what has come, and by the check of the whole. */
const anyBytes = bytes(() => Infinity);

/** As arrays of numbers, as the engines make them. */
const wordList = listOf(words);
const doubleList = listOf(doubles);

const batch = object<PackedAsks>({ head: wordList, numbers: doubleList, text: anyBytes });

export const packedAsks: Shape<PackedAsks> = checked(batch, problemOfAsks);
export const packedAnswers: Shape<PackedAnswers> = checked(batch, problemOfAnswers);

export const packedRecords: Shape<PackedRecords> = where(
  object<PackedRecords>({
    head: wordList,
    numbers: doubleList,
    writers: array(identifier),
    text: anyBytes,
  }),
  ({ head, numbers, writers, text }, { limits }) =>
    problemOfRecords({ head, numbers, textLength: text.length }, writers.length, limits),
);

export const packedRegisters: Shape<PackedRegisters> = checked(
  object<PackedRegisters>({ head: words, numbers: doubles, text: anyBytes }),
  problemOfRegisters,
);

function checked<T extends PackedAsks>(
  shape: Shape<T>,
  problemOf: (batch: Batch, limits: WireLimits) => BatchProblem,
): Shape<T> {
  return where(shape, ({ head, numbers, text }, { limits }) =>
    problemOf({ head, numbers, textLength: text.length }, limits),
  );
}

function listOf(shape: Shape<ArrayLike<number> & Iterable<number>>): Shape<ArrayLike<number>> {
  return {
    write: (values, sink) => shape.write(Array.from(values), sink),
    read: (json, source) => Array.from(shape.read(json, source)),
  };
}
