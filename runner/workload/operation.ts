/** One operation of a workload, whatever file or generator it came from, and what became of it. */
import { trustBytes, type ByteString } from '../../src/bytes.js';

/** A value, or how many bytes of filler stand for it where a recording kept the size alone. */
export type Content = ByteString | number;

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
  | (Recorded & { readonly type: 'delete' });

export type Outcome =
  /** Of a get; undefined = the key is absent. */
  | { readonly type: 'value'; readonly value: ByteString | undefined }
  /** Of a change; `output` is false where a condition did not hold or nothing was deleted, and an append's new length. */
  | { readonly type: 'done'; readonly output: boolean | number }
  /** `code` is the first word of the error reply; `unknown` = the change may have taken effect. */
  | { readonly type: 'failed'; readonly code: string; readonly message: string; readonly unknown: boolean };

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
  return typeof content === 'number' ? trustBytes('x'.repeat(content)) : content;
}
