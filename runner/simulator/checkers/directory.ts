/** `DirectoryConverged`: below r + 1 members, every directory names exactly the live members (chord.md, "What it assumes"). */
import type { Identifier } from '../../../src/chord/identifier.js';
import { brief } from './ring-view.js';

/** What keeps the directories from agreeing with the living, or undefined. */
export function findDirectoryDifference(
  living: ReadonlySet<Identifier>,
  directories: ReadonlyMap<Identifier, readonly Identifier[]>,
): string | undefined {
  for (const [id, directory] of directories) {
    const named = new Set([...directory, id]);
    for (const member of living) {
      if (!named.has(member)) return `the directory of ${brief(id)} lacks ${brief(member)}`;
    }
    for (const name of named) {
      if (!living.has(name)) return `the directory of ${brief(id)} holds ${brief(name)}, which is dead`;
    }
  }
  return undefined;
}
