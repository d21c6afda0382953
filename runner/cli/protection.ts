/** What protects the doors of `up`: certificates and passwords, read and checked before anything starts, or a clear refusal. */
import { RondoError } from '../../src/errors.js';
import type { TlsTexts } from '../../src/bridge-options.js';
import { exposureOf, type Door } from '../../src/exposure.js';
import { isAnyHost, isLoopbackHost, parseHostAddress, type HostAddress } from '../../src/host-address.js';
import type { GatewayLimits } from '../gateway/limits.js';
import { loadBridge, type LoadedBridge } from './bridge-files.js';
import type { BridgeFlags } from './commands/bridge-flags.js';
import type { DoorFlags } from './commands/door-flags.js';
import { readPasswords } from './passwords.js';
import { loadTls, readableByOthers, whyNotFor, type LoadedTls } from './tls-files.js';

export interface DoorAddresses {
  readonly listen?: string;
  readonly advertise?: string;
  readonly join?: readonly string[];
  readonly resp: HostAddress | 'none';
  readonly http: HostAddress | 'none';
}

export interface Protected {
  /** For the links between hosts. */
  readonly peers: { readonly tls?: TlsTexts; readonly insecure: boolean } & LoadedBridge['options'];
  /** For the gateway. */
  readonly resp: {
    readonly tls?: Pick<TlsTexts, 'cert' | 'key'>;
    readonly passwords: readonly string[];
    readonly insecure: boolean;
    readonly destructive: boolean;
    readonly connectionsMax: number;
    readonly limits: Partial<GatewayLimits>;
  };
  readonly http: { readonly insecure: boolean };
  /** What a client on this machine says to come in, after the address. */
  readonly hints: { readonly rondo: string; readonly redisCli: string };
  /** To be said at this start. */
  readonly warnings: readonly string[];
}

/** Throws RondoError INVALID_ARGUMENT: what is missing or wrong, by its flag, and what to do. */
export function protect(flags: DoorFlags & BridgeFlags & DoorAddresses, nowMs: number): Protected {
  const loaded = loadTls(flags, nowMs);
  const passwords = readPasswords({
    flag: '--resp-password',
    given: flags.respPassword,
    file: flags.respPasswordFile,
  });
  const insecure = flags.insecure === true;
  const isRespTls = hasRespTls(flags, loaded);
  const bridge = loadBridge(flags, insecure);
  const warnings = [
    ...(loaded?.warnings ?? []),
    ...(flags.respPasswordFile === undefined
      ? []
      : readableByOthers('--resp-password-file', flags.respPasswordFile)),
    ...bridge.warnings,
    ...judge('listen', listenOf(flags), { tls: loaded !== undefined, password: false, insecure }),
    ...judge('resp', flags.resp, { tls: isRespTls, password: passwords.length > 0, insecure }),
    ...judge('http', flags.http, { tls: false, password: false, insecure }),
  ];
  if (insecure && !warnings.some((warning) => warning.startsWith('--insecure'))) {
    warnings.push('--insecure is not needed here: every door is closed to strangers without it');
  }
  // Nobody dials a host that meets the others on NATS.
  if (loaded !== undefined && flags.bridge === undefined) requireOwnName(flags, loaded);
  const tls = loaded?.texts;
  return {
    peers: { ...(tls === undefined ? {} : { tls }), insecure, ...bridge.options },
    resp: {
      ...(tls !== undefined && isRespTls ? { tls: { cert: tls.cert, key: tls.key } } : {}),
      passwords,
      insecure,
      destructive: isDestructive(flags),
      connectionsMax: flags.respConnections,
      limits: flags.respLimit ?? {},
    },
    http: { insecure },
    hints: hintsOf(flags, isRespTls, passwords.length > 0),
    warnings,
  };
}

function judge(
  door: Door,
  at: HostAddress | 'none',
  protection: Parameters<typeof exposureOf>[2],
): readonly string[] {
  if (at === 'none') return [];
  const exposure = exposureOf(door, at, protection);
  if (exposure.type === 'refused') throw wrong(exposure.reason);
  return exposure.type === 'open' ? [exposure.warning] : [];
}

/** An address that is none is told by who listens there. */
function listenOf({ listen }: DoorAddresses): HostAddress | 'none' {
  return (listen === undefined ? undefined : parseHostAddress(listen)) ?? 'none';
}

function hasRespTls({ respTls, resp }: DoorFlags & DoorAddresses, loaded: LoadedTls | undefined): boolean {
  if (respTls === 'on' && loaded === undefined) {
    throw wrong('--resp-tls on needs --tls-ca, --tls-cert and --tls-key (rondo certs makes the files)');
  }
  if (respTls !== 'auto' || resp === 'none') return respTls === 'on';
  return loaded !== undefined && !isLoopbackHost(resp.host);
}

function isDestructive({ respDestructive, resp }: DoorFlags & DoorAddresses): boolean {
  if (respDestructive !== undefined) return respDestructive === 'on';
  return resp === 'none' || isLoopbackHost(resp.host);
}

/** Other hosts dial this one by name and refuse a certificate for another: better told here than by each of them. */
function requireOwnName(flags: DoorAddresses, { texts }: LoadedTls): void {
  // Who joins on this machine listens at any port of the loopback.
  const text = flags.advertise ?? flags.listen ?? (flags.join === undefined ? undefined : '127.0.0.1:0');
  const dialled = text === undefined ? undefined : parseHostAddress(text);
  if (dialled === undefined || isAnyHost(dialled.host)) return;
  const reason = whyNotFor(dialled.host, texts.cert);
  if (reason !== undefined) throw wrong(reason);
}

function hintsOf(
  { tlsCa = '', respPasswordFile = 'FILE' }: DoorFlags,
  isTls: boolean,
  hasPassword: boolean,
): Protected['hints'] {
  return {
    rondo: `${isTls ? ` --tls-ca ${tlsCa}` : ''}${hasPassword ? ` --password-file ${respPasswordFile}` : ''}`,
    redisCli: `${isTls ? ` --tls --cacert ${tlsCa}` : ''}${hasPassword ? ' --askpass' : ''}`,
  };
}

function wrong(message: string): RondoError {
  return new RondoError('INVALID_ARGUMENT', message);
}
