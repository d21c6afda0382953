/**
 * The other hosts of the ring, as far as this one knows them: a link to each, and the nodes that each runs.
 *
 * Of the death of a remote node only its own host is believed: it says so, or greets without it, or another process greets in its
 * place. A host that is silent is unreachable, with all its nodes, until it is heard again.
 */
import type { Identifier } from '../../src/chord/identifier.js';
import type { Peer } from '../../src/peer.js';
import type { Frame, Greeting, Members, Refused } from '../../src/wire/frames.js';
import type { Channel } from './channel.js';
import { idsOf, judgeGreeting, refusal, type OwnHost } from './greetings.js';
import { Link, type LinkWorld } from './link.js';

export interface RemoteHost {
  readonly address: string;
  readonly link: Link;
  /** Of the process that greeted last; undefined until one has. */
  boot: number | undefined;
  isUnreachable: boolean;
  readonly nodes: Map<Identifier, Peer>;
}

export interface HostsEvents {
  /** A frame of another kind than `members`. */
  frame(host: RemoteHost, frame: Frame, bytes: number): void;
  /** The link to it was open, and is lost. */
  closed(host: RemoteHost): void;
  nodeAdded(peer: Peer): void;
  /** Certain, and final. `peer` is undefined when it had never been heard of. */
  nodeGone(id: Identifier, peer: Peer | undefined): void;
  reach(host: RemoteHost): void;
  /** Another process runs there now, or none: what the old one was owed is owed to nobody. */
  ended(host: RemoteHost): void;
}

/** Of oneself, as others are told it. */
export interface OwnNodes {
  nodes(): readonly Peer[];
  /** Own nodes that have ended, the latest ones. */
  gone(): readonly Identifier[];
}

export class Hosts {
  readonly #own: OwnHost;
  readonly #ownNodes: OwnNodes;
  readonly #world: Omit<LinkWorld, 'judge'>;
  readonly #events: HostsEvents;
  readonly #hosts = new Map<string, RemoteHost>();
  readonly #hostOf = new Map<Identifier, RemoteHost>();
  readonly #gone = new Set<Identifier>();
  /** Processes that were replaced: `address#boot`. */
  readonly #dead = new Set<string>();
  /** Addresses of hosts that have left in order: others may name them for a while. */
  readonly #left = new Set<string>();

  constructor(own: OwnHost, ownNodes: OwnNodes, world: Omit<LinkWorld, 'judge'>, events: HostsEvents) {
    this.#own = own;
    this.#ownNodes = ownNodes;
    this.#world = world;
    this.#events = events;
  }

  get all(): readonly RemoteHost[] {
    return [...this.#hosts.values()];
  }

  /** The host that runs the node. */
  hostOf(node: Identifier): RemoteHost | undefined {
    return this.#hostOf.get(node);
  }

  /** Whether the node is certainly dead. */
  isGone(node: Identifier): boolean {
    return this.#gone.has(node);
  }

  /** Hosts to name to others: those that this one has ever spoken with. */
  get addresses(): readonly string[] {
    return this.all.filter(({ boot }) => boot !== undefined).map(({ address }) => address);
  }

  /** Links to the hosts that are not known yet. */
  learn(addresses: readonly string[]): void {
    for (const address of addresses) if (!this.#left.has(address)) this.#known(address);
  }

  /** A wire that another host dialled brought its greeting, which was found to be of this ring. */
  offered(channel: Channel, theirs: Greeting): void {
    const refused = this.#judge(theirs);
    if (refused !== undefined) {
      channel.send(refused);
      return channel.close(refused.reason);
    }
    this.#left.delete(theirs.address);
    this.#known(theirs.address)?.link.offer(channel, theirs);
  }

  /** Tells every host that is there. */
  announce(added: readonly Peer[], gone: readonly Identifier[]): void {
    for (const { link } of this.#hosts.values()) link.send(this.#members(added, gone));
  }

  close(last: Frame | undefined, reason: string): void {
    for (const { link } of this.#hosts.values()) link.end(last, reason);
    this.#hosts.clear();
  }

  #known(address: string): RemoteHost | undefined {
    if (address === this.#own.address) return undefined;
    const known = this.#hosts.get(address);
    if (known !== undefined) return known;
    const world: LinkWorld = { ...this.#world, judge: (theirs) => this.#judge(theirs) };
    const link = new Link(address, world, {
      opened: (theirs) => this.#opened(host, theirs),
      closed: () => this.#events.closed(host),
      left: () => this.#leave(host),
      frame: (frame, bytes) => {
        if (frame.type === 'members') this.#heardOf(host, frame);
        else this.#events.frame(host, frame, bytes);
      },
      reach: (unreachable) => {
        host.isUnreachable = unreachable;
        this.#events.reach(host);
      },
    });
    const host: RemoteHost = { address, link, boot: undefined, isUnreachable: false, nodes: new Map() };
    this.#hosts.set(address, host);
    link.start();
    return host;
  }

  #judge(theirs: Greeting): Refused | undefined {
    const refused = judgeGreeting(this.#own, this.#world.config, theirs);
    if (refused !== undefined) return refused;
    const { address, boot } = theirs;
    if (this.#dead.has(`${address}#${boot}`))
      return refusal('DEAD', `another process has taken the place of this one at ${address}: start it again`);
    const known = this.#hosts.get(address);
    if (known?.boot !== undefined && known.boot !== boot && known.link.isOpen)
      return refusal('ADDRESSTAKEN', `another process is linked as ${address}`);
    return undefined;
  }

  #opened(host: RemoteHost, theirs: Greeting): void {
    if (host.boot !== undefined && host.boot !== theirs.boot) this.#replaced(host, host.boot);
    host.boot = theirs.boot;
    const present = idsOf(theirs.nodes);
    for (const peer of [...host.nodes.values()]) if (!present.has(peer.id)) this.#remove(host, peer.id);
    host.link.send(this.#members(this.#ownNodes.nodes(), this.#ownNodes.gone()));
    this.#add(host, theirs.nodes);
    this.learn(theirs.hosts);
  }

  #replaced(host: RemoteHost, boot: number): void {
    this.#dead.add(`${host.address}#${boot}`);
    this.#world.log('warn', 'another process runs in place of a host: its nodes are dead', {
      host: host.address,
      nodes: host.nodes.size,
    });
    this.#events.ended(host);
    for (const id of [...host.nodes.keys()]) this.#remove(host, id);
  }

  /** The host has let its nodes depart, and ends. */
  #leave(host: RemoteHost): void {
    for (const id of [...host.nodes.keys()]) this.#remove(host, id);
    this.#left.add(host.address);
    this.#hosts.delete(host.address);
    this.#world.log('info', 'another host has left', { host: host.address });
    host.link.end(undefined, 'it has left');
    this.#events.closed(host);
    this.#events.ended(host);
  }

  #heardOf(host: RemoteHost, { added, gone, hosts }: Members): void {
    const foreign = added.find((peer) => peer.host !== host.address);
    if (foreign !== undefined)
      return host.link.fail(`it speaks for ${foreign.address}, a node of another host`);
    const stolen = gone.find((id) => (this.#hostOf.get(id) ?? host) !== host);
    if (stolen !== undefined)
      return host.link.fail(`it speaks of the end of ${stolen}, a node of another host`);
    this.#add(host, added);
    for (const id of gone) this.#remove(host, id);
    this.learn(hosts);
  }

  #add(host: RemoteHost, peers: readonly Peer[]): void {
    for (const peer of peers) {
      if (this.#gone.has(peer.id) || this.#hostOf.has(peer.id)) continue;
      host.nodes.set(peer.id, peer);
      this.#hostOf.set(peer.id, host);
      this.#events.nodeAdded(peer);
    }
  }

  #remove(host: RemoteHost, id: Identifier): void {
    const peer = host.nodes.get(id);
    if (this.#gone.has(id)) return;
    this.#gone.add(id);
    host.nodes.delete(id);
    this.#hostOf.delete(id);
    this.#events.nodeGone(id, peer);
  }

  #members(added: readonly Peer[], gone: readonly Identifier[]): Members {
    return { type: 'members', added, gone, hosts: this.addresses };
  }
}
