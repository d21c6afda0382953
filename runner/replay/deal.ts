/** Deals the operations of files to clients. */
import type { Operation } from '../workload/operation.js';

/**
 * Without a number, one client a file. With one: operations that name their client stay together, in order, and
 * recorded clients are dealt in turn; other files are dealt whole while there are enough of them, else operation by operation.
 * Clients that would get nothing are left out.
 */
export function dealOperations(
  files: readonly (readonly Operation[])[],
  clients: number | undefined,
): readonly (readonly Operation[])[] {
  if (clients === undefined) return files.filter((operations) => operations.length > 0);
  const hands: Operation[][] = Array.from({ length: clients }, () => []);
  const recordedClients = new Map<string, number>();
  const wholeFiles = files.length >= clients;
  let turn = 0;
  files.forEach((operations, file) => {
    for (const operation of operations) {
      hands[handOf(operation, file)]?.push(operation);
    }
  });
  return hands.filter((hand) => hand.length > 0);

  function handOf(operation: Operation, file: number): number {
    if (operation.client !== undefined) {
      const seen = recordedClients.get(operation.client);
      if (seen !== undefined) return seen;
      const next = recordedClients.size % (clients ?? 1);
      recordedClients.set(operation.client, next);
      return next;
    }
    return (wholeFiles ? file : turn++) % (clients ?? 1);
  }
}
