/**
 * One run of the arena: the engines of a ring alone, without charts and overlay, on virtual time, under a workload and the
 * faults that its seed draws; every invariant asserted on the way, the history judged at the end. A run of 500 operations
 * takes about a tenth of a second, so that thousands of seeds can be tried.
 */
import type { Identifier } from '../../../src/chord/identifier.js';
import { defaultConfig, type RingConfig } from '../../../src/config.js';
import { stackOf } from '../../../src/errors.js';
import { createRandom } from '../../../src/random.js';
import type { EngineDoors } from '../../../src/replication/engine.js';
import type { Violation } from '../options.js';
import type { ClockError } from '../virtual-clock.js';
import { createArenaInjector } from './arena-faults.js';
import { openConnection } from './arena-clients.js';
import type { MonitorMaker } from './arena-monitor.js';
import type { EngineMaker } from './arena-node.js';
import { createArenaWorld } from './arena-world.js';
import { drawArenaPlan } from './draw-plan.js';
import { ArenaHistory, describeFailure } from './history.js';
import { chooseCore, restBoundMs, serviceBoundMs, startProbe } from './liveness.js';
import { drawKeys } from './operations.js';
import { startOperator, type Recoverer } from './operator.js';
import { arenaReplayCommand, type ArenaOptions, type ArenaResult } from './options.js';
import type { ArenaPlan } from './plan.js';
import { startArenaWorkload } from './workload.js';

/** A partition can be recovered 15 times; what is lost already when this many lineages have begun may take the rest. */
const lineagesMax = 10;

/** Faults end when this share of the operations has begun. */
const faultyShare = 0.8;

export function runArena<Engine extends EngineDoors>(
  options: ArenaOptions,
  createEngine: EngineMaker<Engine>,
  createMonitor: MonitorMaker<Engine>,
  recover?: Recoverer<Engine>,
): ArenaResult {
  const { seed } = options;
  const plan = drawArenaPlan(createRandom(`${seed}/plan`), options.profile);
  const violations: Violation[] = [];
  const violated = (invariant: string, detail: string): void => {
    violations.push({ invariant, atMs: Math.round(world.clock.nowMs()), detail });
    world.trace(() => `VIOLATION ${invariant}: ${detail}`);
  };
  const monitor = createMonitor(
    plan.partitions,
    (invariant, detail) => {
      if (options.assertions) violated(invariant, detail);
    },
    {
      keyOfRead: (client, id) => world.clients[client - 1]?.readOf(id),
      lineageBegan(partition) {
        lineages[partition] = (lineages[partition] ?? 0) + 1;
        const affected = keys.filter((key) => key.partition === partition).map(({ key }) => key);
        history.beginLineage(affected, world.clock.nowMs());
      },
    },
  );
  const changing = new Set<object>();
  /** By partition, how many began after the first. */
  const lineages = Array.from({ length: plan.partitions }, () => 0);
  const world = createArenaWorld<Engine>(
    {
      seed,
      config: configOf(seed, plan),
      mutations: new Set(options.mutations),
      createEngine,
      drawClockError: createClockErrors(seed, plan),
      newsMsMax: plan.newsMsMax,
      trace: options.trace,
    },
    {
      named: (id) => monitor.named(id),
      started: (node) => monitor.started(node),
      replying: (...reply) => monitor.replying(...reply),
      turned: (...turn) => monitor.turned(...turn),
      ended(node) {
        changing.delete(node);
        monitor.ended(node);
      },
      phaseChanged(node, partition) {
        if (node.changing.size > 0) changing.add(node);
        else changing.delete(node);
        injector.phaseChanged(node, partition);
      },
      failed: (node, error) => violated('NodeFailed', `${node.peer.id.slice(0, 8)}: ${stackOf(error)}`),
    },
  );
  const quorumsHold = (living: ReadonlySet<Identifier>): boolean => {
    for (let partition = 0; partition < plan.partitions; partition++) {
      if (!monitor.quorumHolds(partition, living)) return false;
    }
    return true;
  };
  const victims = createRandom(`${seed}/victims`);
  const injector = createArenaInjector(world, plan, victims, quorumsHold, () =>
    lineages.every((begun) => begun < lineagesMax),
  );
  const isOver = (): boolean => violations.length > 0;
  const runUntil = (untilMs: number, isEnough: () => boolean): void => {
    while (!isOver() && !isEnough() && world.clock.step(untilMs));
  };

  const random = createRandom(`${seed}/workload`);
  const history = new ArenaHistory();
  const keys = drawKeys(random, plan.keys, plan.partitions, plan.kinds);
  world.found(plan.founders, plan.hosts);
  const operator =
    recover === undefined || plan.recoversEachMs === undefined
      ? undefined
      : startOperator(world, monitor, createRandom(`${seed}/operator`), plan.recoversEachMs, recover);
  let clients = 0;
  const ports = {
    random,
    history,
    violated,
    nextClient: () => ++clients,
    isChanging: () => changing.size > 0,
  };
  const workload = startArenaWorkload(world, plan, keys, options.operations, ports);
  runUntil(plan.faultyMsMax, () => workload.counts.begun >= options.operations * faultyShare);
  injector.endAll();

  const probe = openConnection(world, ports);
  let excused = 0;
  /** A view that was proposed before some of its members died or were cut off may be decided after: then nobody can help it. */
  const holds = (partition: number, among: Iterable<Identifier> = world.nodes.keys()): boolean =>
    monitor.quorumHolds(partition, new Set(among));
  const core = chooseCore(world, monitor, injector, random);
  const livingOf = (ids: ReadonlySet<Identifier>): Identifier[] =>
    [...ids].filter((id) => world.nodes.has(id));
  const expected = keys.filter(({ partition }) => core.servable.has(partition));
  const unserved = startProbe(world, probe, expected, ports.nextClient);
  runUntil(world.clock.nowMs() + serviceBoundMs, () => unserved().length === 0);
  for (const { key, partition } of isOver() ? [] : unserved()) {
    if (!holds(partition, livingOf(core.members))) excused++;
    else
      violated('I13', `"${key}" was not served within ${serviceBoundMs} ms\n${monitor.describe(partition)}`);
  }
  runUntil(world.clock.nowMs() + 600_000, () => workload.isOver());
  core.heal();
  const restFromMs = world.clock.nowMs();
  // Somebody who accepts losses brings every partition back.
  const mustRest = operator === undefined ? holds : (): boolean => true;
  let unrest = monitor.findUnrest(mustRest);
  while (unrest !== undefined && !isOver() && world.clock.nowMs() < restFromMs + restBoundMs) {
    runUntil(world.clock.nowMs() + 500, () => false);
    unrest = monitor.findUnrest(mustRest);
  }
  if (unrest !== undefined) violated('I13', `not at rest after ${restBoundMs} ms: ${unrest}`);

  const verdicts = history.judge();
  for (const { failures } of verdicts)
    for (const failure of failures) violated('History', describeFailure(failure));
  for (const node of world.nodes.values()) world.digest.addText(node.engine.digest());
  const { counts } = workload;
  return {
    seed,
    digest: world.digest.value(),
    ok: violations.length === 0,
    violations,
    counts: {
      events: world.events,
      packets: world.network.counts.sent,
      operations: counts.begun,
      succeeded: counts.succeeded,
      unknown: counts.unknown,
      viewChanges: monitor.viewChanges,
      ...injector.counts,
      seconds: Math.round(world.clock.nowMs() / 1_000),
      undecided: verdicts.reduce((sum, { keys: judged }) => sum + judged.unknown, 0),
      recoveries: operator?.counts.recoveries ?? 0,
      excused,
    },
    replay: arenaReplayCommand(options),
  };
}

function configOf(seed: number, plan: ArenaPlan): RingConfig {
  return {
    ...defaultConfig,
    clusterId: `arena-${seed}`,
    consistency: 'linearizable',
    replicas: plan.replicas,
    partitions: plan.partitions,
  };
}

function createClockErrors(seed: number, { skewMsMax, drift }: ArenaPlan): () => ClockError {
  const random = createRandom(`${seed}/clocks`);
  return () => ({
    skewMs: Math.round((2 * random() - 1) * skewMsMax),
    rate: 1 + (2 * random() - 1) * drift,
  });
}
