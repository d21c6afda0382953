/** What travels in the arena, for digests and for people. */
import { readRequests } from '../../../src/wire/requests.js';
import type { Digest } from '../digest.js';
import { describeContent } from '../wire.js';
import type { ArenaContent } from './arena-world.js';

/** Adds what tells one delivery from another; the state that follows from the rest shows in later deliveries. */
export function digestArenaContent(digest: Digest, content: ArenaContent): void {
  if (content.type === 'messages') {
    for (const message of content.messages) {
      digest.addText(message.type);
      if ('requestId' in message) digest.addNumber(message.requestId);
    }
    return;
  }
  for (const word of content.batch.head) digest.addNumber(word);
  digest.addText(content.batch.text);
}

/** One line. */
export function describeArenaContent(content: ArenaContent): string {
  if (content.type === 'requests')
    return `requests of client ${content.client}: ${readRequests(content.batch)
      .map(({ id, opcode, partition, key, value }) => `#${id} op${opcode} p${partition} ${key} ${value}`)
      .join(', ')}`;
  if (content.type === 'replies') return describeContent(content);
  return content.messages.map((message) => JSON.stringify(message, abbreviate)).join(' ');
}

/** Identifiers by their beginning, peers by their identifier alone. */
function abbreviate(_name: string, value: unknown): unknown {
  if (typeof value === 'string' && /^[0-9a-f]{40}$/.test(value)) return value.slice(0, 8);
  if (value instanceof Float64Array || value instanceof Int32Array) return [...value];
  if (typeof value === 'object' && value !== null && 'incarnation' in value && 'id' in value)
    return String(value.id).slice(0, 8);
  return value;
}
