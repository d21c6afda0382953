/** The options of a host that others can reach, checked: where it listens, whom it joins, what it calls itself. */
import type { RingConfig } from './config.js';
import { RondoError } from './errors.js';
import { exposureOf } from './exposure.js';
import {
  formatHostAddress,
  isAnyHost,
  isLoopbackHost,
  parseHostAddress,
  type HostAddress,
} from './host-address.js';
import {
  exposureOfNats,
  isNatsName,
  natsNameRule,
  parseNatsServers,
  type NatsServers,
} from './nats-options.js';
import { wireVersions, type VersionRange } from './wire/wire-versions.js';

/** Mutual TLS between hosts: texts in PEM. */
export interface TlsTexts {
  /** Who signs the certificates of the cluster's hosts. */
  readonly ca: string;
  readonly cert: string;
  readonly key: string;
}

export interface BridgeOptions {
  /** Where other hosts reach this one: `HOST:PORT`, port 0 = any free one. Default: none; with `join`, any port of the loopback. */
  readonly listen?: string;
  /** Hosts of the ring to join, `HOST:PORT` each; the first that answers will do. Default: none, a new ring. */
  readonly join?: readonly string[];
  /** `HOST:PORT` under which other hosts dial this one, where that is not where it listens (NAT, containers). Default: `listen`. */
  readonly advertise?: string;
  /** The name of the cluster: hosts of another one are refused. Default rondo. */
  readonly cluster?: string;
  /** Required beyond loopback, unless `insecure` is said. */
  readonly tls?: TlsTexts;
  /** Lets other machines in without TLS: whoever reaches the port can read and change everything. Default false. */
  readonly insecure?: boolean;
  /** How long to try to join before giving up. Default 60,000. */
  readonly joinTimeoutMs?: number;
  /**
   * The highest version of the protocol between hosts to speak, so that a host with a newer release does what an older one can hear.
   * Default: the highest that this release knows; two hosts speak the highest that both do in any case.
   */
  readonly wireVersionMax?: number;
  /**
   * NATS servers at which hosts meet instead of dialling each other: `nats://HOST:4222` or `tls://HOST:4222`, several with commas. Then
   * `advertise` is this host's name there, `join` the names of others, and `listen` means nothing.
   */
  readonly bridge?: string;
  /** Who signed the NATS servers' certificates, in PEM. Default: the authorities that Node.js trusts. */
  readonly bridgeCa?: string;
  /** Logs in to NATS: the text of a .creds file, or the seed of a user NKEY. */
  readonly bridgeCredentials?: string;
}

/** Hosts dial each other. */
export interface TcpCarriage {
  readonly type: 'tcp';
  readonly listen: HostAddress;
  readonly advertise: HostAddress | undefined;
}

/** Hosts meet at NATS servers. */
export interface NatsCarriage {
  readonly type: 'nats';
  readonly servers: NatsServers;
  readonly ca: string | undefined;
  readonly credentials: string | undefined;
  /** This host's; undefined for a random one. */
  readonly name: string | undefined;
}

export interface CheckedBridge {
  readonly carriage: TcpCarriage | NatsCarriage;
  /** Addresses of hosts, in the form that the carriage has. */
  readonly join: readonly string[];
  readonly cluster: string;
  readonly tls: TlsTexts | undefined;
  readonly insecure: boolean;
  readonly joinTimeoutMs: number;
  /** Of the protocol between hosts. */
  readonly versions: VersionRange;
}

const clusterDefault = 'rondo';
const clusterCharactersMax = 64;
const joinTimeoutMsDefault = 60_000;

/** Undefined for a ring of this host alone. Throws RondoError INVALID_ARGUMENT. */
export function checkBridge(options: BridgeOptions): CheckedBridge | undefined {
  const reached = options.bridge === undefined ? checkTcp(options) : checkNats(options, options.bridge);
  if (reached === undefined) return undefined;
  const cluster = options.cluster ?? clusterDefault;
  if (cluster === '' || cluster.length > clusterCharactersMax)
    throw invalid(`cluster must have 1 to ${clusterCharactersMax} characters, not ${cluster.length}`);
  const joinTimeoutMs = options.joinTimeoutMs ?? joinTimeoutMsDefault;
  if (!Number.isInteger(joinTimeoutMs) || joinTimeoutMs < 1)
    throw invalid(`joinTimeoutMs must be a whole number from 1, not ${joinTimeoutMs}`);
  const { tls, insecure = false, wireVersionMax: high = wireVersions.high } = options;
  const { low } = wireVersions;
  if (!Number.isInteger(high) || high < low || high > wireVersions.high)
    throw invalid(`wireVersionMax must be from ${low} to ${wireVersions.high}, not ${high}`);
  return { ...reached, cluster, tls, insecure, joinTimeoutMs, versions: { low, high } };
}

type Reached = Pick<CheckedBridge, 'carriage' | 'join'>;

function checkTcp(options: BridgeOptions): Reached | undefined {
  if (options.bridgeCa !== undefined || options.bridgeCredentials !== undefined)
    throw invalid('bridgeCa and bridgeCredentials need bridge (--bridge nats://HOST:4222)');
  const join = (options.join ?? []).map((text) => addressOf('join', text, 1));
  if (options.listen === undefined && join.length === 0) {
    if (options.advertise !== undefined)
      throw invalid('advertise needs listen: nobody could reach this host at it');
    return undefined;
  }
  if (options.listen === undefined && !join.every(({ host }) => isLoopbackHost(host)))
    throw invalid('join beyond this machine needs listen (--listen HOST:PORT): others must reach this host');
  const listen = addressOf('listen', options.listen ?? '127.0.0.1:0', 0);
  const advertise =
    options.advertise === undefined ? undefined : addressOf('advertise', options.advertise, 1);
  if (isAnyHost((advertise ?? listen).host)) {
    const any = formatHostAddress(advertise ?? listen);
    throw invalid(`advertise must name an address that others can dial (--advertise HOST:PORT), not ${any}`);
  }
  const { tls, insecure = false } = options;
  const exposure = exposureOf('listen', listen, { tls: tls !== undefined, password: false, insecure });
  if (exposure.type === 'refused') throw invalid(exposure.reason);
  return { carriage: { type: 'tcp', listen, advertise }, join: join.map(formatHostAddress) };
}

function checkNats(options: BridgeOptions, bridge: string): Reached {
  if (options.listen !== undefined)
    throw invalid('bridge and listen exclude each other: over NATS nobody dials this host');
  const servers = parseNatsServers(bridge);
  const {
    join = [],
    advertise: name,
    bridgeCa: ca,
    bridgeCredentials: credentials,
    insecure = false,
  } = options;
  for (const text of [...join, ...(name === undefined ? [] : [name])])
    if (!isNatsName(text))
      throw invalid(`join and advertise are names of hosts with bridge (${natsNameRule}), not ${text}`);
  const exposure = exposureOfNats(servers, credentials !== undefined, insecure);
  if (exposure.type === 'refused') throw invalid(exposure.reason);
  return { carriage: { type: 'nats', servers, ca, credentials, name }, join };
}

/** Options that a ring has one value for: who joins may repeat it, not change it. */
export const ringWideOptions = [
  'replicas',
  'consistency',
  'partitions',
  'successors',
  'placement',
  'maxEntries',
  'maxBytes',
  'keyBytesMax',
  'valueBytesMax',
  'stabilizeIntervalMs',
  'antiEntropyIntervalMs',
  'tombstoneMs',
] as const satisfies readonly (keyof RingConfig)[];

export type RingWideOptions = { readonly [Name in (typeof ringWideOptions)[number]]?: RingConfig[Name] };

/** Throws RondoError INVALID_ARGUMENT when what was asked for is not what the ring has. */
export function checkAgainstRing(asked: RingWideOptions, config: RingConfig): void {
  for (const name of ringWideOptions) {
    if (asked[name] === undefined || asked[name] === config[name]) continue;
    throw invalid(
      `${name} is ${config[name]} in the ring that was joined, not ${asked[name]}: leave it out, or start a new ring`,
    );
  }
}

function addressOf(name: string, text: string, portLeast: number): HostAddress {
  const address = parseHostAddress(text);
  if (address !== undefined && address.port >= portLeast) return address;
  throw invalid(`${name} must be HOST:PORT, such as 127.0.0.1:7400 or [::1]:7400, not ${text}`);
}

function invalid(message: string): RondoError {
  return new RondoError('INVALID_ARGUMENT', message);
}
