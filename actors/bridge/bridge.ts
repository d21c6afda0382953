/** The bridge to other hosts: where this host listens, the links to the others, and the routes between ports and links. */
import { setTimeout as pause } from 'node:timers/promises';
import type { MessagePort } from 'node:worker_threads';
import type { CheckedBridge } from '../../src/bridge-options.js';
import type { Identifier } from '../../src/chord/identifier.js';
import type { RingConfig } from '../../src/config.js';
import type { Peer } from '../../src/peer.js';
import type { Frame, Greeting } from '../../src/wire/frames.js';
import type { Log } from '../thread-log.js';
import { openCarriage } from './carriage.js';
import { Channel } from './channel.js';
import { ClientPorts } from './client-ports.js';
import { greetingOf, judgeGreeting, leaving, refusal, type OwnHost } from './greetings.js';
import { Hosts, type RemoteHost } from './hosts.js';
import { PeerPorts } from './peer-ports.js';
import { Questions } from './questions.js';
import { seekRing, type RingGreeting } from './seeking.js';

/** What the bridge needs of its host. */
export interface BridgeSide {
  /** Its nodes, members or not. */
  nodes(): readonly Peer[];
  /** Its nodes that have ended, the latest ones. */
  gone(): readonly Identifier[];
  /** Whether the ring has a member here: until then nobody can join through this host. */
  isMember(): boolean;
  attachPeer(local: Identifier, remote: Identifier, port: MessagePort): boolean;
  attachClient(node: Identifier, client: number, port: MessagePort): boolean;
  nextClient(): number;
  remoteAdded(peer: Peer): void;
  /** Certain; `peer` is undefined when it had never been heard of. */
  remoteGone(id: Identifier, peer: Peer | undefined): void;
  remoteReach(peer: Peer, unreachable: boolean): void;
  /** Does what another host asks. Rejects with a RondoError. */
  answer(question: unknown): Promise<unknown>;
}

/** A host's bridge before its ring is known. */
export interface BridgeDoor {
  readonly own: OwnHost;
  /** `HOST:PORT` where it listens. */
  readonly listens: string;
  /** Finds the ring to join. Rejects with a RondoError. */
  seek(): Promise<RingGreeting>;
  /** The ring is known: from now on others are let in. */
  start(config: RingConfig, side: BridgeSide): Bridge;
  close(): Promise<void>;
}

export interface Bridge {
  readonly hosts: Hosts;
  /** Links to the hosts that are not known yet. */
  learn(addresses: readonly string[]): void;
  /** Resolves when every known host is linked or unreachable, and at the latest after the time given. */
  settled(timeoutMs: number): Promise<void>;
  /** Connects a node of this host to one of another; false when nobody is known to run that one. */
  connectPeer(local: Identifier, remote: Identifier): boolean;
  /** A port for a client of this host to a node of another; undefined when nobody is known to run it. */
  connectClient(client: number, node: Identifier): MessagePort | undefined;
  clientClosed(client: number): void;
  /** As Questions.ask. */
  ask(host: RemoteHost, question: object, timeoutMs: number | undefined): Promise<unknown>;
  /** A node of this host was started. */
  localAdded(peer: Peer): void;
  /** A node of this host has ended. */
  localEnded(peer: Peer): void;
}

const greetingMsMax = 5_000;
const settledPollMs = 20;

/** Listens at once; until `start`, whoever greets is told to come again. Rejects with RondoError CONNECTION. */
export async function openBridge(options: CheckedBridge, log: Log): Promise<BridgeDoor> {
  const { cluster, joinTimeoutMs, versions } = options;
  const { connector, listenAt, advertised } = await openCarriage(options, log);
  let started: { readonly config: RingConfig; readonly side: BridgeSide; readonly hosts: Hosts } | undefined;
  let closePorts = (): void => undefined;
  const receptions = new Set<Channel>();

  const listening = connector.listen(listenAt, (wire, from) => {
    const channel = receive(from).over(wire);
    return channel.wireEvents;
  });
  const listener = await listening.catch(async (error: unknown) => {
    await connector.close();
    throw error;
  });
  const own: OwnHost = {
    address: advertised(listener.address),
    boot: Date.now(),
    clusterName: cluster,
    versions,
  };

  const greeting = (wants: Greeting['wants']): Greeting =>
    greetingOf(
      own,
      wants,
      started?.config,
      started?.side.nodes() ?? [],
      started === undefined ? [] : started.hosts.addresses,
    );

  /** A wire that somebody dialled: the first frame must be a greeting, in time. */
  const receive = (from: string): Channel => {
    const forget = (): void => {
      clearTimeout(timer);
      receptions.delete(channel);
    };
    const refuse = (last: Frame & { readonly type: 'refused' }): void => {
      log('info', 'another host was refused', { from, reason: last.reason });
      channel.send(last);
      channel.close(last.reason);
    };
    const timer = setTimeout(
      () => refuse(refusal('MALFORMED', `no greeting came within ${greetingMsMax} ms`)),
      greetingMsMax,
    );
    const channel: Channel = new Channel(from, {
      opened: () => undefined,
      closed: (reason) => {
        log('debug', 'a wire ended before it greeted', { from, reason });
        forget();
      },
      frame: (frame) => {
        forget();
        if (frame.type !== 'greeting')
          return refuse(refusal('MALFORMED', `it began with a frame ${frame.type}, not a greeting`));
        const refused = judgeGreeting(own, started?.config, frame);
        if (refused !== undefined) return refuse(refused);
        if (!channel.proves(frame.address)) {
          return refuse(
            refusal(
              'IDENTITY',
              `its certificate is not for ${frame.address}, as it calls itself (--advertise)`,
            ),
          );
        }
        if (started === undefined || (frame.wants === 'join' && !started.side.isMember())) {
          return refuse(
            refusal('TRYAGAIN', `${own.address} is itself still joining: one host must start without --join`),
          );
        }
        if (frame.wants === 'join') {
          channel.send(greeting('link'));
          return channel.close('it was told of the ring');
        }
        if (frame.clusterId === null) return refuse(refusal('MALFORMED', 'it links without having joined'));
        started.hosts.offered(channel, frame);
      },
    });
    receptions.add(channel);
    return channel;
  };

  const start = (config: RingConfig, side: BridgeSide): Bridge => {
    const peers = new PeerPorts({
      send: (to, frame, taken) => {
        const host = hosts.hostOf(to);
        return host?.link.send(frame, taken) === 'queued';
      },
      attach: (local, remote, port) => side.attachPeer(local, remote, port),
    });
    const clients = new ClientPorts({
      hostOf: (node) => hosts.hostOf(node),
      send: (host, frame) => host.link.send(frame),
      attach: (node, client, port) => side.attachClient(node, client, port),
      nextClient: () => side.nextClient(),
    });
    const questions = new Questions((question) => side.answer(question));
    const route = (host: RemoteHost, frame: Frame, bytes: number): void => {
      switch (frame.type) {
        case 'packet':
          if (host.nodes.has(frame.from)) return peers.deliver(frame, bytes);
          // What a node had said may come after the news of its end.
          if (hosts.isGone(frame.from)) return;
          return host.link.fail(`it speaks for ${frame.from}, which is no node of it`);
        case 'requests':
          return clients.requested(host, frame);
        case 'replies':
          return clients.replied(frame);
        case 'clientClosed':
          return clients.foreignClosed(host, frame.client);
        case 'ask':
          return questions.asked(host, frame);
        case 'answer':
          return questions.answered(host, frame);
        default:
          return host.link.fail(`it sent a frame ${frame.type} out of order`);
      }
    };
    const hosts = new Hosts(
      own,
      { nodes: () => side.nodes(), gone: () => side.gone() },
      { connector, config, own, log, greeting: () => greeting('link') },
      {
        frame: route,
        closed: (host) => questions.closed(host),
        nodeAdded: (peer) => side.remoteAdded(peer),
        nodeGone: (id, peer) => {
          peers.remoteGone(id);
          side.remoteGone(id, peer);
        },
        reach: ({ nodes, isUnreachable }) => {
          for (const peer of nodes.values()) side.remoteReach(peer, isUnreachable);
        },
        ended: (host) => clients.hostEnded(host),
      },
    );
    closePorts = () => {
      hosts.close(
        side.nodes().length === 0 ? refusal(leaving, 'it leaves') : undefined,
        'this host has ended',
      );
      peers.close();
      clients.close();
    };
    started = { config, side, hosts };
    return {
      hosts,
      learn: (addresses) => hosts.learn(addresses),
      async settled(timeoutMs) {
        const untilMs = Date.now() + timeoutMs;
        const isSettled = ({ link, isUnreachable }: RemoteHost): boolean => link.isOpen || isUnreachable;
        while (!hosts.all.every(isSettled) && Date.now() < untilMs) await pause(settledPollMs);
      },
      connectPeer: (local, remote) => hosts.hostOf(remote) !== undefined && peers.connect(local, remote),
      connectClient: (client, node) => clients.open(client, node),
      ask: (host, question, timeoutMs) => questions.ask(host, question, timeoutMs),
      clientClosed: (client) => clients.clientClosed(client, hosts.all),
      localAdded: (peer) => hosts.announce([peer], []),
      localEnded: ({ id }) => {
        peers.localEnded(id);
        clients.localEnded(id);
        hosts.announce([], [id]);
      },
    };
  };

  return {
    own,
    listens: listener.address,
    seek: () => seekRing(connector, own, greeting('join'), options.join, joinTimeoutMs, log),
    start,
    async close() {
      closePorts();
      for (const channel of receptions) channel.close('this host has ended');
      await listener.close();
      await connector.close();
    },
  };
}
