/** Operations on a key, applied one after the other to what the proposal starts from. */
import { emptyBytes, trustBytes } from '../../bytes.js';
import { statuses } from '../../wire/requests.js';
import { absentState, operations, type RecordState } from '../operations.js';
import { evictOpcode, type Operation, type Result } from './key-change.js';
import type { RegisterState } from './register.js';
import type { Site } from './site.js';

/** Applies operations one after the other; `state` is the given one, the same object, if none changes anything. */
export function applyAll(
  site: Site,
  list: readonly Operation[],
  base: RegisterState,
  nowMs: number,
): Applied {
  let state: RecordState = base.value !== undefined && base.expiresAt <= nowMs ? absentState : base;
  const results = list.map((operation): Result => {
    if (operation.opcode === evictOpcode) {
      if (base.version === operation.number && state === base) state = absentState;
      return missing;
    }
    const apply = operations.get(operation.opcode);
    if (apply === undefined) return { status: statuses.error, reply: trustBytes('unknown operation') };
    const outcome = apply(state, operation, nowMs);
    const { value } = outcome.state;
    if (value !== undefined && value.length > site.environment.config.valueBytesMax) {
      return { status: statuses.error, reply: tooLong };
    }
    state = outcome.state;
    return { status: outcome.status, reply: outcome.reply };
  });
  if (state !== base && state.value === undefined && base.value === undefined) state = base;
  return { state, results };
}

export interface Applied {
  readonly state: RecordState;
  readonly results: readonly Result[];
}

/** What an eviction answers, which nobody hears, and an operation without a result. */
export const missing: Result = { status: statuses.absent, reply: emptyBytes };
const tooLong = trustBytes('the value would become longer than this ring allows');
