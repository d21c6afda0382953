/** NATS as the carrier between hosts: its options checked, and the names that hosts have there. */
import { RondoError } from './errors.js';
import type { Exposure } from './exposure.js';
import { isLoopbackHost, parseHostAddress } from './host-address.js';

/** A NATS server, as the client library takes it. */
export interface NatsServers {
  /** `HOST:PORT` each: all of one NATS system; the first that answers will do. */
  readonly addresses: readonly string[];
  /** `tls://`: never without TLS, whatever the server offers. */
  readonly isTls: boolean;
  /** What the URLs say before the `@`: all the same. */
  readonly login: NatsLogin;
}

export type NatsLogin =
  | { readonly type: 'none' }
  | { readonly type: 'token'; readonly token: string }
  | { readonly type: 'password'; readonly user: string; readonly password: string };

const portDefault = 4_222;
const namePattern = /^[A-Za-z0-9_-]{1,64}$/;
const urlPattern = /^(nats|tls):\/\/(?:([^\s/@]+)@)?(\[[0-9a-fA-F:.%]+\]|[^\s:[\]/@?#]+)(?::(\d{1,5}))?\/?$/;

/** `nats://[USER:PASSWORD@|TOKEN@]HOST[:PORT]`, several with commas between. Throws RondoError INVALID_ARGUMENT. */
export function parseNatsServers(text: string): NatsServers {
  const parsed = text.split(',').map((part) => parseUrl(part.trim()));
  const [first] = parsed;
  if (first === undefined) throw invalid(text);
  const isSame = parsed.every(
    ({ isTls, login }) => isTls === first.isTls && JSON.stringify(login) === JSON.stringify(first.login),
  );
  if (!isSame)
    throw new RondoError('INVALID_ARGUMENT', 'bridge: all servers must have the same scheme and credentials');
  return { addresses: parsed.map(({ address }) => address), isTls: first.isTls, login: first.login };
}

/** Whether a host can have the name on NATS: it is one token of a subject. */
export function isNatsName(text: string): boolean {
  return namePattern.test(text);
}

export const natsNameRule = '1 to 64 letters, digits, - and _';

/** The rule of exposure.ts for a NATS system: whoever may speak there as a host is one. */
export function exposureOfNats(servers: NatsServers, hasCredentials: boolean, insecure: boolean): Exposure {
  const hosts = servers.addresses.map((address) => parseHostAddress(address)?.host ?? address);
  const missing = [
    ...(servers.isTls ? [] : ['TLS (tls:// instead of nats://)']),
    ...(hasCredentials || servers.login.type !== 'none'
      ? []
      : ['credentials (--bridge-credentials FILE, or USER:PASSWORD@ in the URL)']),
  ];
  if (missing.length === 0 || hosts.every(isLoopbackHost)) return { type: 'closed' };
  const where = `--bridge ${servers.addresses.join(',')}`;
  const lacks = missing.join(' and ');
  if (insecure) return { type: 'open', warning: `--insecure: ${where} without ${lacks}: ${consequence}` };
  return {
    type: 'refused',
    reason: `${where} leads to other machines and needs ${lacks}; or say --insecure: then ${consequence}`,
  };
}

const consequence =
  'whoever reaches that NATS server, or the network on the way, can join the ring, and read and change everything';

function parseUrl(url: string): { address: string; isTls: boolean; login: NatsLogin } {
  const [, scheme, credentials, host, portText] = urlPattern.exec(url) ?? [];
  const port = Number(portText ?? portDefault);
  const login = loginOf(credentials);
  if (host === undefined || port < 1 || port > 65_535 || login === undefined) throw invalid(url);
  return { address: `${host}:${port}`, isTls: scheme === 'tls', login };
}

/** Undefined when a percent sign begins nothing. */
function loginOf(credentials: string | undefined): NatsLogin | undefined {
  if (credentials === undefined) return { type: 'none' };
  if (/%(?![0-9a-fA-F]{2})/.test(credentials)) return undefined;
  const colon = credentials.indexOf(':');
  if (colon < 0) return { type: 'token', token: decodeURIComponent(credentials) };
  return {
    type: 'password',
    user: decodeURIComponent(credentials.slice(0, colon)),
    password: decodeURIComponent(credentials.slice(colon + 1)),
  };
}

/** What was given may hold a password: it is not repeated. */
function invalid(url: string): RondoError {
  const shown = url.replace(/\/\/.*@/, '//...@');
  return new RondoError(
    'INVALID_ARGUMENT',
    `bridge must be nats://HOST:4222 or tls://HOST:4222, with USER:PASSWORD@ or TOKEN@ before HOST if need be, not ${shown}`,
  );
}
