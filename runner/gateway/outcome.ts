/** What the ring answered, as a reply: the one place that decides which word an error starts with. */
import type { ByteString } from '../../src/bytes.js';
import { RondoError } from '../../src/errors.js';
import { statuses, type Status } from '../../src/wire/requests.js';
import { errorValue, type RespError, type RespValue } from './resp-value.js';

/** Whether what failed could have changed records. */
export type Effect = 'reads' | 'changes';

/** First words of errors that are certain to have had no effect; every other error is UNKNOWN. */
const noEffectWords: ReadonlySet<string> = new Set(['NOQUORUM', 'BUSY', 'TRYAGAIN', 'ERR']);

/** The error reply for a reply that is no success, or for what a call to the ring was rejected with. */
export function failureValue(
  failure: { readonly status: Status; readonly value: ByteString } | Error,
  effect: Effect,
): RespError {
  if (failure instanceof RondoError) return errorValue(`${wordOf(failure, effect)} ${failure.message}`);
  if (failure instanceof Error) {
    return errorValue(`${effect === 'changes' ? 'UNKNOWN' : 'ERR'} internal error: ${failure.message}`);
  }
  switch (failure.status) {
    case statuses.busy:
      return errorValue(`BUSY ${failure.value}`);
    case statuses.tryAgain:
      return errorValue(`TRYAGAIN ${failure.value}`);
    case statuses.noQuorum:
      return errorValue(`NOQUORUM ${failure.value}`);
    case statuses.error:
    case statuses.unsupported:
      return errorValue(`ERR ${failure.value}`);
    case statuses.unknown:
      return errorValue(`${effect === 'changes' ? 'UNKNOWN' : 'NOQUORUM'} ${failure.value}`);
    default:
      return errorValue(
        `${effect === 'changes' ? 'UNKNOWN' : 'ERR'} the ring answered with status ${failure.status}, which this command does not expect`,
      );
  }
}

function wordOf(error: RondoError, effect: Effect): string {
  switch (error.code) {
    case 'NOQUORUM':
    case 'BUSY':
      return error.code;
    case 'UNKNOWN':
    case 'TIMEOUT':
      return effect === 'changes' ? 'UNKNOWN' : 'NOQUORUM';
    case 'ABORTED':
    case 'CLOSED':
    case 'CONNECTION':
      return effect === 'changes' ? 'UNKNOWN' : 'TRYAGAIN';
    case 'INTERNAL':
      return effect === 'changes' ? 'UNKNOWN' : 'ERR';
    case 'INVALID_ARGUMENT':
    case 'UNSUPPORTED':
    case 'NOT_FOUND':
      return 'ERR';
  }
}

/** Anything thrown, as an error. */
export function errorFrom(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error(String(thrown));
}

/**
 * The one error of a change that was made of several, or undefined when all succeeded. As soon as one part took effect, or
 * may have, the whole is UNKNOWN: nothing undoes the other parts.
 */
export function failureOfMany(outcomes: readonly RespValue[]): RespError | undefined {
  const errors = outcomes.filter((outcome): outcome is RespError => outcome.type === 'error');
  const first = errors[0];
  if (first === undefined) return undefined;
  const isEachWithoutEffect = errors.every(({ message }) =>
    noEffectWords.has(message.split(' ', 1)[0] ?? ''),
  );
  if (errors.length === outcomes.length && isEachWithoutEffect) return first;
  return errorValue(
    `UNKNOWN ${outcomes.length - errors.length} of ${outcomes.length} parts took effect; the first of the others: ${first.message}`,
  );
}
