/** What bounds a ring's messages: what is beyond was made by nobody that follows the protocol. */
import type { RingConfig } from '../config.js';

export type WireLimits = Pick<RingConfig, 'clusterId' | 'partitions' | 'keyBytesMax' | 'valueBytesMax'>;

/** Before the greetings are exchanged: a greeting names all nodes that its sender knows. */
export const greetingBytesMax = 4 * 1024 * 1024;

const frameBytesLeast = 64 * 1024 * 1024;
/** No string of an engine holds more. */
export const frameBytesMost = 448 * 1024 * 1024;
/** A turn's batches and pages end at some MiB, but never within a value. */
const valuesPerFrame = 32;

/** The longest frame that is sent or taken between hosts of a ring. */
export function frameBytesMaxOf({ keyBytesMax, valueBytesMax }: WireLimits): number {
  const room = valuesPerFrame * (keyBytesMax + valueBytesMax);
  return Math.min(frameBytesMost, Math.max(frameBytesLeast, room));
}
