/** Looks at what replicas answer: only one that is active in the epoch asked for may (I9). */
import type { Identifier } from '../../../../src/chord/identifier.js';
import type { Epoch } from '../../../../src/replication/linearizable/ballot.js';
import type {
  PreparedAll,
  RegisterAnswers,
  RegisterAsks,
} from '../../../../src/replication/linearizable/messages.js';
import { outcomes, visitAnswers, visitAsks } from '../../../../src/replication/linearizable/packed-asks.js';
import type { ReplicationMessage } from '../../../../src/replication/messages.js';

/** Each ask of a batch that was answered with data: its partition and epoch. */
export function answeredWithData(
  asks: RegisterAsks,
  answers: RegisterAnswers,
): readonly { readonly partition: number; readonly epoch: Epoch; readonly key: string }[] {
  const asked: { partition: number; epoch: Epoch; key: string }[] = [];
  visitAsks(asks.asks, (_kind, partition, key, epoch) => void asked.push({ partition, epoch, key }));
  const found: { partition: number; epoch: Epoch; key: string }[] = [];
  visitAnswers(answers.answers, (place, outcome) => {
    const ask = asked[place];
    if (ask !== undefined && outcome !== outcomes.wrongView && outcome !== outcomes.refused) found.push(ask);
  });
  return found;
}

export function asksIn(messages: readonly ReplicationMessage[]): readonly RegisterAsks[] {
  return messages.filter((message) => message.type === 'registerAsks');
}

/** The answer to one batch of asks among what a turn said. */
export function answerTo(
  asks: RegisterAsks,
  said: ReadonlyMap<Identifier, readonly ReplicationMessage[]>,
): RegisterAnswers | undefined {
  for (const message of said.get(asks.from) ?? []) {
    if (message.type === 'registerAnswers' && message.requestId === asks.requestId) return message;
  }
  return undefined;
}

/** Claims to all keys of a partition that a turn granted (O1 b). */
export function claimsGranted(
  said: ReadonlyMap<Identifier, readonly ReplicationMessage[]>,
): readonly PreparedAll['partitions'][number][] {
  const granted: PreparedAll['partitions'][number][] = [];
  for (const messages of said.values()) {
    for (const message of messages) {
      if (message.type !== 'preparedAll') continue;
      granted.push(...message.partitions.filter(({ outcome }) => outcome === 'promised'));
    }
  }
  return granted;
}
