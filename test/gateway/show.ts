/** Values as redis-cli prints them in one line, so that examples read as a session does. */
import type { RespValue } from '../../runner/gateway/resp-value.js';

export function show(value: RespValue): string {
  switch (value.type) {
    case 'null':
      return 'nil';
    case 'simple':
      return value.text;
    case 'error':
      return `error ${value.message}`;
    case 'integer':
    case 'double':
    case 'boolean':
      return String(value.value);
    case 'bulk':
    case 'verbatim':
      return JSON.stringify(value.bytes);
    case 'bigNumber':
      return value.digits;
    case 'array':
    case 'push':
      return `[${value.items.map(show).join(' ')}]`;
    case 'set':
      return `{${value.items.map(show).join(' ')}}`;
    case 'map':
      return `{${value.entries.map(([key, entry]) => `${show(key)}: ${show(entry)}`).join(', ')}}`;
  }
}
