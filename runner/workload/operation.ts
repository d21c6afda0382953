/** One operation of a workload, whatever file or generator it came from, and what became of it. */
import { trustBytes, type ByteString } from '../../src/bytes.js';

/** A value; or how many bytes of filler stand for it where a recording kept the size alone; or a mark that filler makes so long. */
export type Content = ByteString | number | { readonly mark: string; readonly bytes: number };

interface Recorded {
  readonly key: ByteString;
  /** Nanoseconds on the recording's own clock; undefined where the format keeps no time. */
  readonly atNs: number | undefined;
  /** Who did it, as the recording names its clients; undefined where it does not. */
  readonly client: string | undefined;
}

export type Operation =
  | (Recorded & { readonly type: 'get' })
  | (Recorded & {
      readonly type: 'put';
      readonly value: Content;
      /** 0 = never expires. */
      readonly ttlMs: number;
      readonly onlyIf: 'absent' | 'present' | undefined;
    })
  | (Recorded & { readonly type: 'append'; readonly value: Content })
  | (Recorded & { readonly type: 'delete' })
  | (Recorded & { readonly type: 'compareAndSet'; readonly expected: Content; readonly value: Content })
  | (Recorded & { readonly type: 'increment'; readonly step: number })
  /** Reads up to `count` keys from a partition on, 0 to 255; `key` is empty. */
  | (Recorded & { readonly type: 'scan'; readonly partition: number; readonly count: number });

export type Outcome =
  /** Of a get; undefined = the key is absent. */
  | { readonly type: 'value'; readonly value: ByteString | undefined }
  /** Of a change; `output` is false where a condition did not hold or nothing was deleted, an append's new length, an increment's sum. */
  | { readonly type: 'done'; readonly output: boolean | number }
  /** Of a compareAndSet that found another value; undefined = the key is absent. */
  | { readonly type: 'refused'; readonly actual: ByteString | undefined }
  /** `code` is the first word of the error reply; `unknown` = the change may have taken effect. */
  | { readonly type: 'failed'; readonly code: string; readonly message: string; readonly unknown: boolean };

/** Codes of failures that are certain to have had no effect; a change that failed by any other may have taken effect. */
const certainCodes: ReadonlySet<string> = new Set([
  'NOQUORUM',
  'BUSY',
  'TRYAGAIN',
  'ERR',
  'INVALID_ARGUMENT',
  'UNSUPPORTED',
  'CONNECTION',
]);

/** A failure of the operation. CONNECTION is one that was not sent. */
export function failureOf(operation: Operation, code: string, message: string): Outcome {
  const reads = operation.type === 'get' || operation.type === 'scan';
  return {
    type: 'failed',
    code,
    message: `${code} ${message}`,
    unknown: !reads && !certainCodes.has(code),
  };
}

/** Performs operations for one client: over the Redis protocol, or in process through a ring's port. */
export interface Door {
  /** Never rejects: failures are outcomes. */
  perform(operation: Operation): Promise<Outcome>;
  /** Lookups of this client and their hops, where the door can know them. */
  hops(): { readonly lookups: number; readonly mean: number; readonly max: number } | undefined;
  close(): Promise<void>;
}

/** The bytes of a value; filler is made only here, so that a million recorded sizes cost no memory. */
export function bytesOfContent(content: Content): ByteString {
  if (typeof content === 'string') return content;
  if (typeof content === 'number') return trustBytes('x'.repeat(content));
  return trustBytes(content.mark.padEnd(content.bytes, '.'));
}
