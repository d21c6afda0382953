/** The eventual mode as an engine: a replica behind the doors that both modes have. */
import type { Peer } from '../peer.js';
import type { Activity, EventualEngine } from './engine.js';
import type { ReplicaEnvironment } from './environment.js';
import {
  clientClosed,
  departureReport,
  handleReplicationMessages,
  handleRequests,
  hasUnconfirmed,
  isAwaiting,
  isFilling,
  isHandedOver,
  overlayChanged,
  startHandingOver,
  stopServing,
  tick,
} from './eventual.js';
import { isEventualMessage, type EventualMessage, type ReplicationMessage } from './messages.js';
import { createReplica, pendingTickMs, type Replica } from './replica.js';
import { ledBy } from './shelf-counts.js';
import { copiesOf, copyOf, fillingPartitions, replicaDigest, replicaStats } from './statistics.js';

export function createEventualEngine(environment: ReplicaEnvironment): EventualEngine {
  const replica = createReplica(environment);
  const messagesOfThisMode = refuseOtherMode(environment);
  return {
    consistency: 'eventual',
    environment,
    replica,
    overlayChanged: (overlay) => overlayChanged(replica, overlay),
    routesChanged: (overlay) => {
      // Before the first `overlayChanged` there is no view that could be refined.
      if (replica.overlay !== undefined) replica.overlay = overlay;
    },
    // Hints wait for whoever is silent, reachable or not.
    peerUnreachable: () => undefined,
    handleRequests: (client, batch) => handleRequests(replica, client, batch),
    handleMessages: (messages) => handleReplicationMessages(replica, messagesOfThisMode(messages)),
    clientClosed: (client) => clientClosed(replica, client),
    tick: () => tick(replica),
    tickInMs: () => tickInMs(replica),
    activity: () => activityOf(replica),
    viewPhase: () => 'steady',
    viewDelayMs: () => Infinity,
    viewDue: () => undefined,
    startHandingOver: () => startHandingOver(replica),
    isHandedOver: () => isHandedOver(replica),
    departureReport: () => departureReport(replica),
    stopServing: () => stopServing(replica),
    peers: () => peersOf(replica),
    nextRequestId: () => replica.nextRequestId++,
    stats: () => replicaStats(replica),
    led: () => ledBy(replica.known),
    filling: () => fillingPartitions(replica),
    digest: () => replicaDigest(replica),
    copies: () => copiesOf(replica),
    copyOf: (key) => copyOf(replica, key),
  };
}

/** Drops what only a node of a linearizable ring would say, and says so once: a ring has one mode. */
function refuseOtherMode(
  environment: ReplicaEnvironment,
): (messages: readonly ReplicationMessage[]) => readonly EventualMessage[] {
  let isLogged = false;
  return (messages) => {
    const known = messages.filter(isEventualMessage);
    if (known.length < messages.length && !isLogged) {
      isLogged = true;
      const details = { from: messages[0]?.from, types: messages.map(({ type }) => type) };
      environment.log?.('warn', 'dropped messages of the linearizable mode in an eventual ring', details);
    }
    return known;
  };
}

function activityOf(replica: Replica): Activity {
  if (isFilling(replica)) return 'filling';
  if (hasUnconfirmed(replica)) return 'comparing';
  return isAwaiting(replica) ? 'awaiting' : 'steady';
}

/** Soon while anything is to be done, else when the next round of anti-entropy comes, which the replica jitters. */
function tickInMs(replica: Replica): number {
  const { config, clock } = replica.environment;
  const soonMs = pendingTickMs(config);
  return activityOf(replica) === 'steady' ? Math.max(soonMs, replica.nextRoundAtMs - clock.nowMs()) : soonMs;
}

/** Every member of the groups that this node has to do with. */
function peersOf(replica: Replica): Iterable<Peer> {
  const peers = new Map<Peer['id'], Peer>();
  for (const { group } of replica.known) for (const peer of group) peers.set(peer.id, peer);
  return peers.values();
}
