/** The options of a new ring, checked: each problem is named with the option, its value and what to do. */
import {
  checkBridge,
  ringWideOptions,
  type BridgeOptions,
  type CheckedBridge,
  type RingWideOptions,
} from './bridge-options.js';
import { defaultConfig, type Consistency, type Placement, type RingConfig } from './config.js';
import { RondoError } from './errors.js';

export interface RingOptions extends BridgeOptions {
  /** Node threads. Default: min(8, processors), at least 3. */
  readonly nodes?: number;
  /** Copies of each record, k, 1 to 7. Default 3. */
  readonly replicas?: number;
  /** Default linearizable: reads are never stale, and a partition without a quorum does not answer. */
  readonly consistency?: Consistency;
  /** Lets a linearizable ring have an even k, which tolerates no more crashes than one copy less. Default false. */
  readonly allowEven?: boolean;
  /** A power of two from 256 to 4096. Default: at least 32 x nodes. */
  readonly partitions?: number;
  /** Length of successor lists, r. Default 4 (8 with `listen`), or k - 1 if that is more. */
  readonly successors?: number;
  readonly placement?: Placement;
  /** Most records that a node leads before it evicts the least recently used. Default 0: no bound. */
  readonly maxEntries?: number;
  /** Most bytes of records that a node leads (keys, values and overhead). Default 0: no bound. */
  readonly maxBytes?: number;
  readonly keyBytesMax?: number;
  readonly valueBytesMax?: number;
  /** A node thread whose event loop stands still this long is ended. Default 90,000; 0 = never. */
  readonly watchdogMs?: number;
  /** pino's levels. Default warn; logs go to stderr. */
  readonly logLevel?: 'silent' | 'fatal' | 'error' | 'warn' | 'info' | 'debug';
  /** Mean time between a node's rounds. Default 1,000, or 25 x nodes (100 x above 256 nodes) if that is more. */
  readonly stabilizeIntervalMs?: number;
  /** Mean time between a node's comparisons with other holders. Default 5,000, or 25 x nodes (100 x above 256 nodes) if that is more. */
  readonly antiEntropyIntervalMs?: number;
  readonly tombstoneMs?: number;
}

export interface CheckedOptions {
  readonly config: RingConfig;
  readonly nodes: number;
  readonly watchdogMs: number;
  readonly logLevel: NonNullable<RingOptions['logLevel']>;
  /** Undefined for a ring of this host alone. */
  readonly bridge: CheckedBridge | undefined;
  /** What the caller asked for by name: a host that joins takes the ring's configuration, and must not be asked for another. */
  readonly asked: RingWideOptions;
  /** For people: what the chosen numbers mean. */
  readonly warnings: readonly string[];
}

export const replicasMax = 7;
const partitionsMin = 256;
const partitionsMax = 4_096;
const nodesMax = 4_096;
const successorsMax = 32;
/** Nodes of one host die together: lists must reach past them. */
const successorsOverHosts = 8;
/**
 * Rounds of a crowd on one host are spread: a thread that seldom runs spends some 17 ms of a processor on a round and those that
 * it asks, so that an idle ring of any size takes about a fifth of one. Deaths are told, not found by rounds.
 */
const roundMsPerNode = (nodes: number): number => (nodes <= crowdNodes ? 25 : 100);
const crowdNodes = 256;
const watchdogMsDefault = 90_000;

/** Throws RondoError INVALID_ARGUMENT or UNSUPPORTED. `parallelism` = processors; `clusterId` = a fresh random one. */
export function validateConfig(options: RingOptions, parallelism: number, clusterId: string): CheckedOptions {
  const bridge = checkBridge(options);
  const nodes = whole('nodes', options.nodes ?? Math.max(3, Math.min(8, parallelism)), 1, nodesMax);
  const replicas = whole('replicas (k)', options.replicas ?? defaultConfig.replicas, 1, replicasMax);
  const consistency = options.consistency ?? defaultConfig.consistency;
  if (consistency !== 'eventual' && consistency !== 'linearizable') {
    throw invalid(`consistency must be eventual or linearizable, not ${String(consistency)}`);
  }
  if (consistency === 'linearizable' && replicas % 2 === 0 && options.allowEven !== true) {
    const why = `${replicas} copies tolerate as many crashes as ${replicas - 1} and need one answer more`;
    throw invalid(`replicas (k) must be odd in linearizable mode: ${why}; or say allowEven (--allow-even)`);
  }
  const placement = options.placement ?? defaultConfig.placement;
  if (placement !== 'balanced' && placement !== 'hash') {
    throw invalid(`placement must be balanced or hash, not ${String(placement)}`);
  }
  const partitions = options.partitions ?? partitionsFor(nodes);
  if (!Number.isInteger(Math.log2(partitions)) || partitions < partitionsMin || partitions > partitionsMax) {
    throw invalid(
      `partitions must be a power of two from ${partitionsMin} to ${partitionsMax}, not ${partitions}`,
    );
  }
  const successors = whole(
    'successors (r)',
    options.successors ??
      Math.max(bridge === undefined ? defaultConfig.successors : successorsOverHosts, replicas - 1),
    Math.max(1, replicas - 1),
    successorsMax,
  );
  const config: RingConfig = {
    ...defaultConfig,
    clusterId,
    replicas,
    consistency,
    placement,
    partitions,
    successors,
    maxEntries: whole('maxEntries', options.maxEntries ?? 0, 0, Number.MAX_SAFE_INTEGER),
    maxBytes: whole('maxBytes', options.maxBytes ?? 0, 0, Number.MAX_SAFE_INTEGER),
    keyBytesMax: whole('keyBytesMax', options.keyBytesMax ?? defaultConfig.keyBytesMax, 1, 1 << 24),
    valueBytesMax: whole('valueBytesMax', options.valueBytesMax ?? defaultConfig.valueBytesMax, 1, 1 << 29),
    stabilizeIntervalMs: whole(
      'stabilizeIntervalMs',
      options.stabilizeIntervalMs ??
        Math.max(defaultConfig.stabilizeIntervalMs, roundMsPerNode(nodes) * nodes),
      10,
      1 << 30,
    ),
    antiEntropyIntervalMs: whole(
      'antiEntropyIntervalMs',
      options.antiEntropyIntervalMs ??
        Math.max(defaultConfig.antiEntropyIntervalMs, roundMsPerNode(nodes) * nodes),
      10,
      1 << 30,
    ),
    tombstoneMs: whole('tombstoneMs', options.tombstoneMs ?? defaultConfig.tombstoneMs, 10, 1 << 30),
  };
  return {
    config,
    nodes,
    watchdogMs: whole('watchdogMs', options.watchdogMs ?? watchdogMsDefault, 0, 1 << 30),
    logLevel: options.logLevel ?? 'warn',
    bridge,
    asked: askedOf(options),
    // Others know how many nodes there are in the ring that a host joins.
    warnings: bridge !== undefined && bridge.join.length > 0 ? [] : warningsOf(config, nodes),
  };
}

function askedOf(options: RingOptions): RingWideOptions {
  const asked = ringWideOptions.flatMap((name) =>
    options[name] === undefined ? [] : [[name, options[name]] as const],
  );
  return Object.fromEntries(asked);
}

function warningsOf({ replicas, consistency }: RingConfig, nodes: number): string[] {
  const warnings: string[] = [];
  if (replicas > nodes)
    warnings.push(
      `k = ${replicas} copies need ${replicas} nodes, and there are ${nodes}: each record has ${nodes}`,
    );
  if (replicas === 1) warnings.push('k = 1: a node that crashes takes its records with it');
  if (replicas === 2 && consistency === 'linearizable')
    warnings.push('k = 2: when a node crashes, its partitions are unavailable until they are recovered');
  return warnings;
}

function partitionsFor(nodes: number): number {
  let partitions = partitionsMin;
  while (partitions < Math.min(partitionsMax, 32 * nodes)) partitions *= 2;
  return partitions;
}

function whole(name: string, value: number, least: number, most: number): number {
  if (Number.isInteger(value) && value >= least && value <= most) return value;
  throw invalid(`${name} must be a whole number from ${least} to ${most}, not ${value}`);
}

function invalid(message: string): RondoError {
  return new RondoError('INVALID_ARGUMENT', message);
}
