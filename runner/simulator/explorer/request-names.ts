/**
 * Names of requests: a question's id becomes a number that says what was asked of whom for whom, and how often before, so that
 * nodes which asked the same in another order are in the same state. No two questions of a node have the same.
 */
import type { Source } from '../../../src/replication/linearizable/incoming.js';
import type { ViewMessage } from '../../../src/replication/linearizable/messages.js';
import type { Site } from '../../../src/replication/linearizable/site.js';
import { unnamedRequests, type Said } from './node-state.js';
import { askerText } from './site-text.js';

/** How often a node has asked what, as far as it may ask the same again. */
export type AskedCounts = ReadonlyMap<string, number>;

export class RequestNames {
  readonly #numbers = new Map<string, number>();

  /** Names what the node said in this turn, there and in its site. */
  name(
    site: Site,
    self: number,
    said: readonly Said[],
    counts: AskedCounts,
  ): { readonly said: readonly Said[]; readonly counts: AskedCounts } {
    const named = new Map<number, number>();
    const after = new Map(counts);
    const renamed = said.map(({ to, message }): Said => {
      // Nobody looks at a claim's id.
      if (message.type === 'prepareAll') return { to, message: { ...message, requestId: 0 } };
      if (!isQuestion(message)) return { to, message };
      const asked = `${self}>${to} ${questionText(site, message)}`;
      const before = after.get(asked) ?? 0;
      after.set(asked, before + 1);
      const requestId = this.#numberOf(`${asked} #${before}`);
      named.set(message.requestId, requestId);
      return { to, message: { ...message, requestId } };
    });
    rename(site, named);
    if (isIdle(site)) for (const asked of after.keys()) if (!asked.includes(' copy ')) after.delete(asked);
    return { said: renamed, counts: after };
  }

  #numberOf(text: string): number {
    let number = this.#numbers.get(text);
    if (number === undefined) {
      number = this.#numbers.size + 1;
      this.#numbers.set(text, number);
    }
    return number;
  }
}

type Question = Extract<ViewMessage, { readonly type: 'registerAsks' | 'fetch' }>;

function isQuestion(message: ViewMessage): message is Question {
  return message.type === 'registerAsks' || message.type === 'fetch';
}

/** Of asks, whose they are is part of it: a ballot or a client's request is asked about again only while it is under way. */
function questionText(site: Site, message: Question): string {
  if (message.type === 'fetch') {
    const { view, epoch, buckets, digests, bucket } = message;
    return `${view === null ? 'copy' : 'fetch'} ${epoch} ${bucket}/${buckets} ${digests.join()}`;
  }
  const { head, numbers, text } = message.asks;
  const askers = site.asking.batches.get(message.requestId)?.askers ?? [];
  return `asks ${Array.from(head).join()} ${Array.from(numbers).join()} ${text} ${askers.map(askerText).join()}`;
}

function rename(site: Site, named: ReadonlyMap<number, number>): void {
  const { batches } = site.asking;
  for (const [id, batch] of [...batches]) {
    const name = named.get(id);
    if (name === undefined) continue;
    batches.delete(id);
    batches.set(name, batch);
  }
  for (const source of sourcesOf(site)) source.requestId = named.get(source.requestId) ?? source.requestId;
  site.nextRequestId = unnamedRequests;
}

/** Of whom something is being fetched. */
export function sourcesOf(site: Site): readonly Source[] {
  const slot = site.slots[0];
  const incoming = [slot?.incoming, slot?.warming, slot?.repairing];
  return incoming.flatMap((each) => (each === undefined ? [] : [...each.sources.values()]));
}

function isIdle(site: Site): boolean {
  const { reads, changes } = site;
  return reads.every(({ done }) => done) && changes.every(({ done }) => done) && sourcesOf(site).length === 0;
}
