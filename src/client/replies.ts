/** Replies as results: what each status means to the caller of each kind of operation. */
import { textFromBytes, type ByteString } from '../bytes.js';
import type { Reply } from '../client-types.js';
import { RondoError, type ErrorCode } from '../errors.js';
import { statuses, type Status } from '../wire/requests.js';

/** Turns a reply into a result, or throws the RondoError that it stands for. */
export type Convert<T> = (status: Status, value: ByteString) => T;

export const asReply: Convert<Reply> = (status, value) => ({ status, value });

/** `toArray` as in ClientPorts. */
export function asArrayBy(toArray: (bytes: ByteString) => Uint8Array): Convert<Uint8Array | undefined> {
  return (status, value) => {
    if (status === statuses.ok) return toArray(value);
    if (status === statuses.absent) return undefined;
    throw replyError(status, value);
  };
}

export const asText: Convert<string | undefined> = (status, value) => {
  if (status === statuses.ok) return textFromBytes(value);
  if (status === statuses.absent) return undefined;
  throw replyError(status, value);
};

export const asStored: Convert<boolean> = (status, value) => {
  if (status === statuses.ok) return true;
  if (status === statuses.absent || status === statuses.refused) return false;
  throw replyError(status, value);
};

export const asNumber: Convert<number> = (status, value) => {
  if (status !== statuses.ok) throw replyError(status, value);
  const number = Number(value);
  if (value === '' || Number.isNaN(number))
    throw new RondoError(
      'INTERNAL',
      `a node answered ${JSON.stringify(value.slice(0, 40))}, which is no number`,
    );
  return number;
};

/** The error that a reply other than a result stands for. */
export function replyError(status: Status, value: ByteString): RondoError {
  const code = codesByStatus.get(status);
  if (code !== undefined) return new RondoError(code, value);
  return new RondoError('INTERNAL', `reply status ${status} is not expected here: ${value}`);
}

const codesByStatus: ReadonlyMap<Status, ErrorCode> = new Map([
  [statuses.busy, 'BUSY'],
  [statuses.error, 'INVALID_ARGUMENT'],
  [statuses.unsupported, 'UNSUPPORTED'],
  [statuses.unknown, 'UNKNOWN'],
  [statuses.noQuorum, 'NOQUORUM'],
  [statuses.tryAgain, 'NOQUORUM'],
]);
