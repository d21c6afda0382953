/** The one rule for where to listen: loopback needs nothing; anywhere else needs what its door is protected by, or --insecure. */
import { formatHostAddress, isLoopbackHost, type HostAddress } from './host-address.js';

/** What listens, by its flag: peers are other hosts of the ring, clients speak the Redis protocol, pages are the inspector's. */
export type Door = 'listen' | 'resp' | 'http';

export interface Protection {
  readonly tls: boolean;
  readonly password: boolean;
  /** The user says that whoever can reach the address may use it. */
  readonly insecure: boolean;
}

export type Exposure =
  /** Only this machine reaches it, or only who proves to be known. */
  | { readonly type: 'closed' }
  /** Whoever reaches it may use it, as the user wanted; to be said at every start. */
  | { readonly type: 'open'; readonly warning: string }
  | { readonly type: 'refused'; readonly reason: string };

interface Demand {
  readonly name: string;
  readonly isMet: (protection: Protection) => boolean;
  readonly remedy: string;
}

const demands: Readonly<Record<Door, readonly Demand[]>> = {
  listen: [
    {
      name: 'mutual TLS',
      isMet: ({ tls }) => tls,
      remedy: '--tls-ca, --tls-cert and --tls-key (rondo certs makes the files)',
    },
  ],
  resp: [
    {
      name: 'TLS',
      isMet: ({ tls }) => tls,
      remedy: '--tls-cert and --tls-key (rondo certs makes the files)',
    },
    { name: 'a password', isMet: ({ password }) => password, remedy: '--resp-password-file' },
  ],
  http: [{ name: 'TLS or a password', isMet: () => false, remedy: '' }],
};

const consequences: Readonly<Record<Door, string>> = {
  listen: 'whoever reaches it can join the ring, and read and change everything',
  resp: 'whoever reaches it, or the network on the way, can read and change everything',
  http: 'whoever reaches it sees the nodes and their counters',
};

export function exposureOf(door: Door, at: HostAddress, protection: Protection): Exposure {
  if (isLoopbackHost(at.host)) return { type: 'closed' };
  const missing = demands[door].filter((demand) => !demand.isMet(protection));
  if (missing.length === 0) return { type: 'closed' };
  const where = `--${door} ${formatHostAddress(at)}`;
  const lacks = missing.map(({ name }) => name).join(' and ');
  if (protection.insecure) {
    return { type: 'open', warning: `--insecure: ${where} is open without ${lacks}: ${consequences[door]}` };
  }
  const remedies = missing.map(({ remedy }) => remedy).filter((remedy) => remedy !== '');
  const give = remedies.length === 0 ? '' : `give ${remedies.join(' and ')}, or `;
  const loopback = `listen on ${formatHostAddress({ host: '127.0.0.1', port: at.port })}`;
  return {
    type: 'refused',
    reason: `${where} can be reached from other machines and has not ${lacks}: ${give}${loopback}, or say --insecure: then ${consequences[door]}`,
  };
}
