/** Greetings: what a host says of itself first, and whether it may go on with whoever says so to it. */
import type { RingConfig } from '../../src/config.js';
import type { Identifier } from '../../src/chord/identifier.js';
import type { Peer } from '../../src/peer.js';
import type { Greeting, Refused } from '../../src/wire/frames.js';
import { commonVersion, type VersionRange } from '../../src/wire/wire-versions.js';

/** What a host is to others. */
export interface OwnHost {
  readonly address: string;
  readonly boot: number;
  readonly clusterName: string;
  /** That it speaks. */
  readonly versions: VersionRange;
}

export function greetingOf(
  own: OwnHost,
  wants: Greeting['wants'],
  config: RingConfig | undefined,
  nodes: readonly Peer[],
  hosts: readonly string[],
): Greeting {
  return {
    type: 'greeting',
    versionLow: own.versions.low,
    versionHigh: own.versions.high,
    clusterName: own.clusterName,
    clusterId: config?.clusterId ?? null,
    boot: own.boot,
    address: own.address,
    wants,
    config: config ?? null,
    nodes,
    hosts,
  };
}

/** The code of a last word: the host ends in order. */
export const leaving = 'LEAVING';

/** A host that is refused may be told to come again: only `TRYAGAIN` is worth it without a change somewhere. */
export type RefusalCode =
  | 'VERSION'
  | 'CLUSTER'
  | 'SELF'
  | 'TRYAGAIN'
  | 'DEAD'
  | 'ADDRESSTAKEN'
  | 'DUPLICATE'
  | 'IDENTITY'
  | 'MALFORMED'
  | typeof leaving;

export function refusal(code: RefusalCode, reason: string): Refused {
  return { type: 'refused', code, reason };
}

/** Why a greeting is refused, whoever dialled: another version, cluster or ring, or this very process. */
export function judgeGreeting(
  own: OwnHost,
  config: RingConfig | undefined,
  theirs: Greeting,
): Refused | undefined {
  const { versionLow: low, versionHigh: high } = theirs;
  const { versions } = own;
  if (commonVersion(versions, { low, high }) === undefined) {
    const spoken = `${own.address} speaks versions ${versions.low} to ${versions.high} between hosts`;
    return refusal('VERSION', `${spoken}, ${theirs.address} ${low} to ${high}: upgrade one of them`);
  }
  if (theirs.clusterName !== own.clusterName) {
    return refusal(
      'CLUSTER',
      `${own.address} is of cluster ${own.clusterName}, ${theirs.address} of ${theirs.clusterName} (--cluster)`,
    );
  }
  if (theirs.address === own.address && theirs.boot === own.boot)
    return refusal('SELF', `${own.address} is this host itself`);
  if (theirs.address === own.address)
    return refusal('ADDRESSTAKEN', `two hosts call themselves ${own.address}: give each its own --advertise`);
  if (config !== undefined && theirs.clusterId !== null && theirs.clusterId !== config.clusterId) {
    return refusal('CLUSTER', `${own.address} and ${theirs.address} are of two rings: start one with --join`);
  }
  const foreign = theirs.nodes.find(({ host }) => host !== theirs.address);
  if (foreign !== undefined)
    return refusal('MALFORMED', `${theirs.address} speaks for ${foreign.address}, a node of another host`);
  return undefined;
}

/** The version that both speak, once a greeting has passed. */
export function versionWith({ versions }: OwnHost, { versionLow: low, versionHigh: high }: Greeting): number {
  return commonVersion(versions, { low, high }) ?? versions.low;
}

/** Identifiers of nodes. */
export function idsOf(nodes: readonly Peer[]): ReadonlySet<Identifier> {
  return new Set(nodes.map(({ id }) => id));
}
