/** Versions of records: a hybrid clock's reading and the writer that breaks ties; the greater wins (last writer wins). */
import { trustIdentifier, type Identifier } from '../chord/identifier.js';

export interface Version {
  /** A hybrid logical clock's reading (hybrid-clock.ts); 0 = before all. */
  readonly hlc: number;
  readonly writer: Identifier;
}

/** Sorts before every writer. */
export const noWriter: Identifier = trustIdentifier('0'.repeat(40));

/** Older than every version of a record. */
export const noVersion: Version = { hlc: 0, writer: noWriter };

/** Whether the first version is greater than the second. Takes parts, because records hold them unwrapped. */
export function isNewer(hlc: number, writer: Identifier, thanHlc: number, thanWriter: Identifier): boolean {
  return hlc > thanHlc || (hlc === thanHlc && writer > thanWriter);
}
