/** Questions that every node answers for itself, such as a count: together they are one answer only if none is missing. */
import { emptyBytes } from '../bytes.js';
import type { CallOptions, Reply } from '../client-types.js';
import type { Identifier } from '../chord/identifier.js';
import { statuses, type Opcode } from '../wire/requests.js';
import type { Dispatcher } from './state.js';

/** Asks one node and no other; rejects when it ends before it has answered. */
export type AskNode = (node: Identifier, opcode: Opcode, options: CallOptions) => Promise<Reply>;

/** Until all are asked again because one of them is between two states. */
const repeatAfterMs = 20;

/**
 * The replies of all live nodes. When one ends meanwhile, or is about to, all are asked again: what it led, another may lead by now,
 * and may have counted already or not. `timeoutMs` is for all rounds together.
 */
export async function askEveryNode(
  dispatcher: Dispatcher,
  opcode: Opcode,
  options: CallOptions | undefined,
  askNode: AskNode,
): Promise<readonly Reply[]> {
  const { clock } = dispatcher.ports;
  const untilMs = clock.nowMs() + (options?.timeoutMs ?? dispatcher.settings.requestTimeoutMs);
  for (;;) {
    const left = { ...options, timeoutMs: Math.max(0, untilMs - clock.nowMs()) };
    const replies = await Promise.all(
      [...dispatcher.links].map(([id, link]) =>
        askNode(id, opcode, left).catch((error: unknown) => {
          if (!link.gone) throw error;
          return { status: statuses.tryAgain, value: emptyBytes };
        }),
      ),
    );
    const isWhole = replies.every(({ status }) => status !== statuses.tryAgain);
    if (isWhole || dispatcher.closed || clock.nowMs() + repeatAfterMs >= untilMs) return replies;
    await new Promise<void>((resolve) => clock.setTimeout(resolve, repeatAfterMs));
  }
}
