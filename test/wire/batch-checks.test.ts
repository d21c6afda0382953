/** Packed batches from other hosts: each word, number and length that a node or a client reads unseen is looked at before. */
import { expect } from 'chai';
import {
  problemOfAnswers,
  problemOfAsks,
  problemOfRecords,
  problemOfRegisters,
  type Batch,
} from '../../src/wire/batch-checks.js';
import { problemOfReplies, problemOfRequests } from '../../src/wire/request-checks.js';
import { limits } from './arbitraries.js';

const epochTwo = 2 * 2 ** 28;
const ballot = epochTwo + 8;
const lastRound = epochTwo + 2 ** 28 - 8;

function batch(head: readonly number[], numbers: readonly number[], textLength: number): Batch {
  return { head, numbers, textLength };
}

describe('Batches from other hosts', () => {
  it('of asks hold known kinds, of this ring, with all their numbers and text', () => {
    const table: readonly (readonly [Batch, string | undefined])[] = [
      [batch([], [], 0), undefined],
      [batch([2, 255, 64, 0], [2, ballot], 64), undefined],
      [batch([3 | (1 << 8), 1, 1, 400], [2, ballot, 3, Infinity, ballot], 401), undefined],
      [batch([3, 1, 1, -1], [2, ballot, 3, 1.5], 1), undefined],
      [batch([1, 1, 1], [2, ballot], 1), 'has 3 words, not 4 for each ask'],
      [batch([0, 1, 1, 0], [2, ballot], 1), 'asks for the unknown kind 0'],
      [batch([5, 1, 1, 0], [2, ballot], 1), 'asks for the unknown kind 5'],
      [batch([1, 256, 1, 0], [2, ballot], 1), 'names partition 256 of 256'],
      [batch([1, -1, 1, 0], [2, ballot], 1), 'names partition -1 of 256'],
      [batch([1, 1, -1, 0], [2, ballot], -1), 'has a key of -1 bytes where 64 are allowed'],
      [batch([1, 1, 65, 0], [2, ballot], 65), 'has a key of 65 bytes where 64 are allowed'],
      [batch([3, 1, 1, 401], [2, ballot, 3, 4], 402), 'has a value of 401 bytes where 400 are allowed'],
      [batch([3, 1, 1, -2], [2, ballot, 3, 4], 1), 'has a value of -2 bytes where 400 are allowed'],
      [batch([2, 1, 1, 3], [2, ballot], 4), 'brings a value with an ask of kind 2'],
      [batch([2 | (1 << 8), 1, 1, 0], [2, ballot, ballot], 1), 'brings a value with an ask of kind 2'],
      [batch([1, 1, 1, 0], [2 ** 25, ballot], 1), 'has the epoch 33554432'],
      [batch([1, 1, 1, 0], [NaN, ballot], 1), 'has the epoch NaN'],
      [batch([1, 1, 1, 0], [2, NaN], 1), 'asks in epoch 2 at the ballot NaN'],
      [batch([1, 1, 1, 0], [2, lastRound], 1), `asks in epoch 2 at the ballot ${lastRound}`],
      [batch([1, 1, 1, 0], [1, ballot], 1), `asks in epoch 1 at the ballot ${ballot}`],
      [batch([1, 1, 1, 0], [2], 1), 'asks in epoch 2 at the ballot NaN'],
      [batch([3, 1, 1, 0], [2, ballot, -1, 4], 1), 'has the version -1'],
      [batch([3, 1, 1, 0], [2, ballot, 2 ** 53, 4], 1), 'has the version 9007199254740992'],
      [batch([3, 1, 1, 0], [2, ballot, 1, NaN], 1), 'has an expiry that is no time'],
      [batch([3 | (17 << 8), 1, 1, 0], [2, ballot, 1, 4], 1), 'has 17 recent ballots'],
      [batch([3 | (-1 << 8), 1, 1, 0], [2, ballot, 1, 4], 1), 'has -1 recent ballots'],
      [batch([3 | (1 << 8), 1, 1, 0], [2, ballot, 1, 4], 1), 'has the ballot undefined'],
      [batch([1, 1, 1, 0], [2, ballot, 3], 1), 'has 3 numbers where 2 belong'],
      [batch([1, 1, 1, 0], [2, ballot], 2), 'has 2 bytes of text where 1 or more belong'],
      [batch([1, 1, 1, 0], [2, ballot], 0), 'has 0 bytes of text where 1 or more belong'],
    ];
    for (const [given, reason] of table) expect(problemOfAsks(given, limits)).to.equal(reason);
  });

  it('of answers hold known outcomes, with all their numbers and text', () => {
    const table: readonly (readonly [Batch, string | undefined])[] = [
      [
        batch([1, 0, 2 | (1 << 8), 3, 3, 0, 4, 0, 5, 0, 6, 0], [0, ballot, 1, 2, ballot, ballot], 3),
        undefined,
      ],
      [batch([1], [0], 0), 'has 1 words, not 2 for each answer'],
      [batch([7, 0], [], 0), 'has the unknown outcome 7'],
      [batch([6, 1], [], 1), 'brings a value with the outcome 6'],
      [batch([1 | (1 << 8), 0], [0], 0), 'brings a value with the outcome 1'],
      [batch([1, 0], [], 0), 'has the ballot undefined'],
      [batch([1, 0], [lastRound], 0), `has the ballot ${lastRound}`],
      [batch([5, 0], [-1], 0), 'has the ballot -1'],
      [batch([2, 401], [ballot, 1, 2], 401), 'has a value of 401 bytes where 400 are allowed'],
      [batch([2, 0], [NaN, 1, 2], 0), 'has the ballot NaN'],
      [batch([2 | (1 << 8), 0], [ballot, 1, 2, 0.5], 0), 'has the ballot 0.5'],
      [batch([4, 0], [0], 0), 'has 1 numbers where 0 belong'],
    ];
    for (const [given, reason] of table) expect(problemOfAnswers(given, limits)).to.equal(reason);
  });

  it('of records hold known kinds and writers', () => {
    const table: readonly (readonly [Batch, string | undefined])[] = [
      [batch([255, 3 | (1 << 8), 64, 400], [1, Infinity], 464), undefined],
      [batch([256, 0, 0, 0], [1, 1], 0), 'names partition 256 of 256'],
      [batch([0, 4, 0, 0], [1, 1], 0), 'has a record of the unknown kind 4'],
      [batch([0, 2 << 8, 0, 0], [1, 1], 0), 'names writer 2 of 2'],
      [batch([0, -1 << 8, 0, 0], [1, 1], 0), 'names writer 16777215 of 2'],
      [batch([0, 0, 65, 0], [1, 1], 65), 'has a key of 65 bytes where 64 are allowed'],
      [batch([0, 0, 0, -1], [1, 1], 0), 'has a value of -1 bytes where 400 are allowed'],
      [batch([0, 0, 0, 0], [1.5, 1], 0), 'has the clock reading 1.5'],
      [batch([0, 0, 0, 0], [2 ** 53 - 1, 1], 0), 'has the clock reading 9007199254740991'],
      [batch([0, 0, 0, 0], [1, NaN], 0), 'has an expiry that is no time'],
      [batch([0, 0, 0, 0], [1], 0), 'has an expiry that is no time'],
      [batch([0, 0, 0, 0], [1, 1, 1], 0), 'has 3 numbers where 2 belong'],
      [batch([0, 0, 1, 0], [1, 1], 0), 'has 0 bytes of text where 1 or more belong'],
    ];
    for (const [given, reason] of table) expect(problemOfRecords(given, 2, limits)).to.equal(reason);
  });

  it('of registers hold states and ballots', () => {
    const table: readonly (readonly [Batch, string | undefined])[] = [
      [batch([1, -1, 0, 64, 400, 1], [ballot, 1, 2, 0, 1, 2, ballot], 465), undefined],
      [batch([1, -1], [ballot, 1, 2], 1), 'has 2 words, not 3 for each register'],
      [batch([65, -1, 0], [ballot, 1, 2], 65), 'has a key of 65 bytes where 64 are allowed'],
      [batch([1, -2, 0], [ballot, 1, 2], 1), 'has a value of -2 bytes where 400 are allowed'],
      [batch([1, 0, 2 ** 31 - 1], [ballot, 1, 2], 1), 'has 2147483647 recent ballots'],
      [batch([1, 0, 0], [0.1, 1, 2], 1), 'has the ballot 0.1'],
      [batch([1, 0, 0], [ballot, NaN, 2], 1), 'has the version NaN'],
    ];
    for (const [given, reason] of table) expect(problemOfRegisters(given, limits)).to.equal(reason);
  });

  it('of requests may hold what the node answers with an error, and nothing that misleads it', () => {
    const numbered = (opcode: number): number => opcode | (16 << 8);
    const table: readonly (readonly [Batch, string | undefined])[] = [
      [batch([1, numbered(2), 255, 1, 2], [5], 3), undefined],
      [batch([1, 200, 1, 70, 500], [], 570), undefined],
      [batch([1, numbered(10), 1, 1, 0], [NaN], 1), undefined],
      [batch([1, 1, 1, 1], [], 1), 'has 4 words, not 5 for each request'],
      [batch([-1, 1, 1, 1, 0], [], 1), 'has a request with the number -1'],
      [batch([1, 0, 1, 1, 0], [], 1), 'has the operation 0'],
      [batch([1, -1, 1, 1, 0], [], 1), 'has the operation -1'],
      [batch([1, 1, 256, 1, 0], [], 1), 'names partition 256 of 256'],
      [batch([1, 1, 1, -1, 2], [], 1), 'has a key of -1 and a value of 2 bytes'],
      [batch([1, numbered(8), 1, 1, 0], [NaN], 1), 'has the number NaN for the operation 8'],
      [batch([1, numbered(9), 1, 1, 0], [Infinity], 1), 'has the number Infinity for the operation 9'],
      [batch([1, numbered(2), 1, 1, 0], [], 1), 'has the number NaN for the operation 2'],
      [batch([1, 1, 1, 1, 0], [5], 1), 'has 1 numbers where 0 belong'],
      [batch([1, 1, 1, 1, 0], [], 2), 'has 2 bytes of text where 1 or more belong'],
    ];
    for (const [given, reason] of table) expect(problemOfRequests(given, limits)).to.equal(reason);
  });

  it('of replies hold known statuses', () => {
    const table: readonly (readonly [Batch, string | undefined])[] = [
      [batch([1, 11, 2], [], 2), undefined],
      [batch([1, 11], [], 2), 'has 2 words, not 3 for each reply'],
      [batch([-5, 0, 2], [], 2), 'has a reply with the number -5'],
      [batch([1, 12, 2], [], 2), 'has the unknown status 12'],
      [batch([1, 0, -2], [], 2), 'has a value of -2 bytes'],
      [batch([1, 0, 2], [1], 2), 'has 1 numbers where 0 belong'],
      [batch([1, 0, 2], [], 3), 'has 3 bytes of text where 2 or more belong'],
    ];
    for (const [given, reason] of table) expect(problemOfReplies(given)).to.equal(reason);
  });
});
