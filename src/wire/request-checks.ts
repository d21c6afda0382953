/**
 * Checks of batches between clients and nodes. What a client may get wrong (an opcode that a newer version has, a key that is too
 * long) is for the node to answer; here is what no client's library writes and what nodes read in place count on.
 */
import { noPartition, problemOfEnds, type Batch, type BatchProblem } from './batch-checks.js';
import { flags, opcodes, replyStride, requestStride, statuses } from './requests.js';
import type { WireLimits } from './wire-limits.js';

const statusMax = Math.max(...Object.values(statuses));

export function problemOfRequests({ head, numbers, textLength }: Batch, limits: WireLimits): BatchProblem {
  if (head.length % requestStride !== 0)
    return `has ${head.length} words, not ${requestStride} for each request`;
  let textAt = 0;
  let numbersAt = 0;
  for (let index = 0; index < head.length; index += requestStride) {
    const id = head[index] ?? 0;
    const operation = head[index + 1] ?? 0;
    const partition = head[index + 2] ?? 0;
    const keyBytes = head[index + 3] ?? 0;
    const valueBytes = head[index + 4] ?? 0;
    const opcode = operation & 0xff;
    if (id < 0) return `has a request with the number ${id}`;
    if (operation < 0 || opcode === 0) return `has the operation ${operation}`;
    if (partition < 0 || partition >= limits.partitions) return noPartition(partition, limits);
    if (keyBytes < 0 || valueBytes < 0) return `has a key of ${keyBytes} and a value of ${valueBytes} bytes`;
    if ((operation & (flags.number << 8)) !== 0) {
      const number = numbers[numbersAt++] ?? NaN;
      if (!isTaken(opcode, number)) return `has the number ${number} for the operation ${opcode}`;
    }
    textAt += keyBytes + valueBytes;
    if (textAt > textLength) break;
  }
  return problemOfEnds(numbersAt, numbers.length, textAt, textLength);
}

export function problemOfReplies({ head, numbers, textLength }: Batch): BatchProblem {
  if (head.length % replyStride !== 0) return `has ${head.length} words, not ${replyStride} for each reply`;
  let textAt = 0;
  for (let index = 0; index < head.length; index += replyStride) {
    const id = head[index] ?? 0;
    const status = head[index + 1] ?? 0;
    const valueBytes = head[index + 2] ?? 0;
    if (id < 0) return `has a reply with the number ${id}`;
    if (status < 0 || status > statusMax) return `has the unknown status ${status}`;
    if (valueBytes < 0) return `has a value of ${valueBytes} bytes`;
    textAt += valueBytes;
    if (textAt > textLength) break;
  }
  return problemOfEnds(0, numbers.length, textAt, textLength);
}

/** What the operation itself refuses is left to it; a time that is none, or a reservation for ever, it would keep. */
function isTaken(opcode: number, number: number): boolean {
  if (opcode === opcodes.getOrReserve) return Number.isFinite(number);
  return opcode === opcodes.increment || !Number.isNaN(number);
}
