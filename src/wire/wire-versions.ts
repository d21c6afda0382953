/**
 * Versions of what hosts say to each other. The greeting carries the lowest and the highest that a host speaks; both then speak
 * the highest common one. Greetings and refusals are read by every version: fields that one does not know are passed over.
 *
 *   1  a heartbeat has no time; of packed packets only changes and register asks, and their answers
 *   2  a heartbeat says how long ago the other was heard; records of a transfer travel packed, too
 */

export const wireVersions = { low: 1, high: 2 } as const;

export interface VersionRange {
  readonly low: number;
  readonly high: number;
}

/** The highest version that both speak; undefined when there is none. */
export function commonVersion(ours: VersionRange, theirs: VersionRange): number | undefined {
  const version = Math.min(ours.high, theirs.high);
  return version >= Math.max(ours.low, theirs.low) ? version : undefined;
}
