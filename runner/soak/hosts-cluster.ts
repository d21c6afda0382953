/** A ring of hosts on machines of their own, with load from clients on each of them, judged. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { NodeStatus } from '../../src/admin.js';
import { textFromBytes } from '../../src/bytes.js';
import { issueAuthority, issueHost } from '../certs/issue.js';
import { checkHistory } from '../check/check-history.js';
import { historyOf } from '../check/load-history.js';
import { whySentence } from '../check/timeline.js';
import type { Played } from './hosts-client.js';
import { HostMachine, type HostFiles } from './hosts-machine.js';
import { Network } from './hosts-network.js';

export interface ClusterOptions {
  readonly hosts: number;
  readonly nodesPerHost: number;
  readonly replicas: number;
  /** Operations that the clients of each machine have under way. */
  readonly lanes: number;
  readonly seed: string;
}

/** What was observed while something went wrong, all machines together. */
export interface Judged {
  readonly done: number;
  readonly failures: Readonly<Record<string, number>>;
  /** By machine. */
  readonly played: readonly Played[];
  readonly keys: number;
  /** What is not linearizable; empty when all is well. */
  readonly complaints: readonly string[];
}

const listenPort = 7_400;
const respPort = 7_379;
const pollMs = 200;
const wholeAtStartMs = 120_000;
/** `rondo up`'s for so few nodes. */
const partitions = 256;

export class HostCluster {
  readonly network: Network;
  readonly hosts: readonly HostMachine[];
  readonly #options: ClusterOptions;
  readonly #folder: string;
  #generation = -1;

  private constructor(
    network: Network,
    options: ClusterOptions,
    folder: string,
    files: readonly HostFiles[],
  ) {
    this.network = network;
    this.#options = options;
    this.#folder = folder;
    this.hosts = network.machines.map((machine, client) => {
      const own = files[client];
      if (own === undefined) throw new Error('each host has a certificate');
      const setting = { port: respPort, client, clients: network.machines.length };
      return new HostMachine(machine, setting, { listenPort, files: own, nodes: options.nodesPerHost });
    });
  }

  /** Resolves when the ring is whole: the first host makes it, the others join. */
  static async start(options: ClusterOptions): Promise<HostCluster> {
    const folder = await mkdtemp(join(tmpdir(), 'rondo-hosts-'));
    const network = await Network.create(options.hosts);
    const files = await writeCertificates(folder, network);
    const cluster = new HostCluster(network, options, folder, files);
    try {
      const [first, ...others] = cluster.hosts;
      await first?.start(['-k', String(options.replicas)]);
      for (const host of others) await host.start(['--join', first?.address ?? '']);
      await cluster.untilWhole(wholeAtStartMs, true);
      return cluster;
    } catch (error) {
      await cluster.close();
      throw error;
    }
  }

  host(index: number): HostMachine {
    const host = this.hosts[index];
    if (host === undefined) throw new Error(`there is no host ${index}`);
    return host;
  }

  /** Starts the host again, on the same machine and address, through the others. */
  async restart(index: number): Promise<void> {
    const others = this.hosts.filter((_, other) => other !== index);
    await this.host(index).start(['--join', others.map(({ address }) => address).join(',')]);
  }

  /** Clients of all machines play while `work` does what it does; then the ring becomes whole, and what they saw is judged. */
  async underLoad(work: () => Promise<void>, wholeMsMax: number): Promise<Judged> {
    const { lanes, seed } = this.#options;
    const generation = ++this.#generation;
    await this.#askAll({ type: 'play', generation, lanes, seed: `${seed}.${generation}` });
    let played: readonly Played[];
    try {
      await work();
      await this.untilWhole(wholeMsMax);
    } finally {
      played = await this.#askAll<Played>({ type: 'stop' });
    }
    const last = await this.host(0).ask<string[]>({ type: 'readAll', generation });
    return judge(played, last, `generation ${generation}`);
  }

  /**
   * Resolves when every host sees the same ideal ring of all nodes and every record has k copies; with
   * `isAtHome`, when each partition is led by its home, too. Rejects with what is amiss when that takes longer.
   */
  async untilWhole(timeoutMs: number, isAtHome = false): Promise<void> {
    const untilMs = performance.now() + timeoutMs;
    for (;;) {
      const amiss = await this.#amiss(isAtHome);
      if (amiss === undefined) return;
      if (performance.now() > untilMs) throw new Error(`not whole after ${timeoutMs} ms: ${amiss}`);
      await pause(pollMs);
    }
  }

  async close(): Promise<void> {
    await Promise.all(this.hosts.map((host) => host.close()));
    await this.network.close();
    await rm(this.#folder, { recursive: true });
  }

  async #amiss(isAtHome: boolean): Promise<string | undefined> {
    const { hosts, nodesPerHost } = this.#options;
    const overlays = await Promise.all(this.hosts.map((host) => host.overlay()));
    for (const [index, overlay] of overlays.entries()) {
      if (overlay === undefined) return `host ${index} does not answer`;
      const why = whyNotIdeal(overlay, hosts * nodesPerHost);
      if (why !== undefined) return `host ${index} sees ${why}`;
    }
    const [first = '', ...others] = overlays.map((overlay) => overlay?.map(({ id }) => id).join());
    if (others.some((other) => other !== first)) return 'the hosts see different nodes';
    const stats = await this.host(0).stats();
    if (stats === undefined) return 'host 0 has no statistics';
    const { recordsBelowReplicas, partitionsWithoutQuorum } = stats.ring;
    if (stats.nodes.length !== hosts * nodesPerHost)
      return `host 0 has statistics of ${stats.nodes.length} nodes`;
    if (recordsBelowReplicas > 0) return `${recordsBelowReplicas} records have less than k copies`;
    if (partitionsWithoutQuorum.length > 0)
      return `${partitionsWithoutQuorum.length} partitions have no quorum`;
    return isAtHome ? whyNotAtHome(overlays[0] ?? []) : undefined;
  }

  #askAll<T>(question: Parameters<HostMachine['ask']>[0]): Promise<T[]> {
    return Promise.all(this.hosts.map((host) => host.ask<T>(question)));
  }
}

function whyNotIdeal(nodes: readonly NodeStatus[], count: number): string | undefined {
  if (nodes.length !== count) return `${nodes.length} nodes of ${count}`;
  for (const [index, node] of nodes.entries()) {
    const next = nodes[(index + 1) % nodes.length];
    if (node.state !== 'member') return `${node.address} ${node.state}`;
    if (node.successors[0] !== next?.id) return `another successor than the next at ${node.address}`;
    if (next?.predecessor !== node.id) return `another predecessor than the one before at ${next?.address}`;
  }
  return undefined;
}

/**
 * Replica groups follow the ring by and by: until each partition is led by its home, one host may still hold all copies of a record, as
 * the one that made the ring did.
 */
function whyNotAtHome(nodes: readonly NodeStatus[]): string | undefined {
  const homes = new Map<string, number>();
  for (let partition = 0; partition < partitions; partition++) {
    const first = partition.toString(16).padStart(2, '0').padEnd(40, '0');
    const home = nodes.find(({ id }) => id >= first) ?? nodes[0];
    homes.set(home?.id ?? '', (homes.get(home?.id ?? '') ?? 0) + 1);
  }
  const other = nodes.find(({ id, partitionsLed }) => partitionsLed !== (homes.get(id) ?? 0));
  if (other === undefined) return undefined;
  return `${other.address} leads ${other.partitionsLed} partitions, and is the home of ${homes.get(other.id) ?? 0}`;
}

function judge(played: readonly Played[], last: readonly string[], name: string): Judged {
  const failures: Record<string, number> = {};
  for (const each of played)
    for (const [code, count] of Object.entries(each.failures)) failures[code] = (failures[code] ?? 0) + count;
  const loaded = historyOf([...played.flatMap(({ history }) => history), ...last], name);
  const verdict = checkHistory(loaded, { cache: false, preloaded: false });
  const illegal = verdict.failures.map((failure) => `${textFromBytes(failure.key)}: ${whySentence(failure)}`);
  const undecided = verdict.undecided.map(({ key, why }) => `${textFromBytes(key)} is undecided: ${why}`);
  return {
    done: played.reduce((sum, { done }) => sum + done, 0),
    failures,
    played,
    keys: verdict.keys.ok,
    complaints: [...loaded.problems, ...illegal, ...undecided],
  };
}

async function writeCertificates(folder: string, { machines }: Network): Promise<readonly HostFiles[]> {
  const authority = await issueAuthority('soak', 10, Date.now());
  const ca = join(folder, 'ca.crt');
  await writeFile(ca, authority.cert);
  return Promise.all(
    machines.map(async ({ address }) => {
      const issued = await issueHost([address], authority, 1, Date.now());
      const [cert, key] = [join(folder, `${address}.crt`), join(folder, `${address}.key`)];
      await writeFile(cert, issued.cert);
      await writeFile(key, issued.key, { mode: 0o600 });
      return { ca, cert, key };
    }),
  );
}
