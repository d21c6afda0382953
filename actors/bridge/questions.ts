/** Questions from host to host: administration, asked by a program at one host of nodes at another. */
import { RondoError } from '../../src/errors.js';
import type { Answer, Ask } from '../../src/wire/frames.js';
import { toOutcome, type Outcome } from '../control.js';
import type { RemoteHost } from './hosts.js';

interface Pending {
  readonly host: RemoteHost;
  settle(outcome: Outcome<unknown>): void;
}

export class Questions {
  /** Works on what another host asks. Rejects with a RondoError. */
  readonly #work: (question: unknown) => Promise<unknown>;
  readonly #pending = new Map<number, Pending>();
  #lastId = 0;

  constructor(work: (question: unknown) => Promise<unknown>) {
    this.#work = work;
  }

  /**
   * Resolves with what the other host's work came to. Rejects with its RondoError; with BUSY when it cannot be asked at present; with
   * UNKNOWN when it was asked and went silent. `timeoutMs` undefined: waits as long as the link holds.
   */
  ask(host: RemoteHost, question: object, timeoutMs: number | undefined): Promise<unknown> {
    const id = ++this.#lastId;
    return new Promise((resolve, reject) => {
      const settle = (outcome: Outcome<unknown>): void => {
        clearTimeout(timer);
        this.#pending.delete(id);
        if (outcome.ok) resolve(outcome.value);
        else reject(new RondoError(outcome.code, outcome.message));
      };
      const timer =
        timeoutMs === undefined
          ? undefined
          : setTimeout(() => settle(silent(host, `within ${timeoutMs / 1_000} s`)), timeoutMs);
      this.#pending.set(id, { host, settle });
      if (host.link.send({ type: 'ask', id, question }) === 'queued') return;
      settle({ ok: false, code: 'BUSY', message: `host ${host.address} cannot be reached at present` });
    });
  }

  asked(host: RemoteHost, { id, question }: Ask): void {
    void toOutcome(() => this.#work(question)).then((outcome) => {
      // Without the link nobody waits for it any more.
      if (host.link.send({ type: 'answer', id, outcome }) === 'tooLong')
        host.link.send({ type: 'answer', id, outcome: tooLong });
    });
  }

  answered(host: RemoteHost, { id, outcome }: Answer): void {
    const pending = this.#pending.get(id);
    if (pending?.host === host) pending.settle(outcomeIn(outcome));
  }

  /** The link is lost, and with it the answers to what was asked over it. */
  closed(host: RemoteHost): void {
    for (const pending of [...this.#pending.values()])
      if (pending.host === host) pending.settle(silent(host, 'and was lost'));
  }
}

const tooLong: Outcome<unknown> = {
  ok: false,
  code: 'INTERNAL',
  message: 'the answer of another host is longer than a frame between hosts may be',
};

function silent({ address }: RemoteHost, how: string): Outcome<unknown> {
  return {
    ok: false,
    code: 'UNKNOWN',
    message: `host ${address} did not answer ${how}: what was asked may still be done`,
  };
}

/** What another host made of `toOutcome`. */
function outcomeIn(json: unknown): Outcome<unknown> {
  const { ok, value, code, message } = Object(json) as Partial<Record<string, unknown>>;
  if (ok === true) return { ok, value };
  if (typeof code === 'string' && typeof message === 'string')
    return { ok: false, code: code as RondoError['code'], message };
  return { ok: false, code: 'INTERNAL', message: 'another host answered in a form that is not known here' };
}
