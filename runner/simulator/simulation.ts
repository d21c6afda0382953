/** One run of the simulator: a ring under a workload and seeded faults, then quiet, every invariant asserted on the way. */
import { defaultConfig, type RingConfig } from '../../src/config.js';
import { stackOf } from '../../src/errors.js';
import { createRandom } from '../../src/random.js';
import { createFaultInjector } from './fault-injector.js';
import { drawFaultPlan, pick } from './faults.js';
import { createEventualChecks } from './modes/eventual.js';
import { createLinearizableChecks } from './modes/linearizable.js';
import { replayCommand, type SimulationOptions, type SimulationResult, type Violation } from './options.js';
import { awaitRest, inspectAll } from './quiet.js';
import { createRingMonitor } from './ring-monitor.js';
import type { ClockError } from './virtual-clock.js';
import { createWorld, type World } from './world.js';

/** Virtual time in which a ring that nothing disturbs must become ideal. */
const quietBoundMs = 300_000;
/** Faults happen in this share of the workload's time. */
const faultyShare = 0.75;
const clientCount = 3;
/** Deadlines of operations that are open when the workload stops, and a little more. */
const drainMs = 15_000;
/** Runs one seed. Nothing outside takes part: equal options give equal results, digest included. */
export async function runSimulation(options: SimulationOptions): Promise<SimulationResult> {
  const { seed, nodes, successors } = options;
  const violations: Violation[] = [];
  const violated = (invariant: string, detail: string): void => {
    violations.push({ invariant, atMs: Math.round(world.clock.nowMs()), detail });
    world.trace(() => `VIOLATION ${invariant}: ${detail}`);
  };
  const isOver = (): boolean => violations.length > 0;
  const workloadMs = options.minutes * 60_000;
  const plan = drawFaultPlan(createRandom(`${seed}/plan`), options.faults, nodes, workloadMs * faultyShare);
  const monitor = createRingMonitor(successors);
  const config = drawConfig(options);
  const ports = { seed, world: () => world, workloadMs, violated };
  const checks =
    options.consistency === 'linearizable'
      ? createLinearizableChecks(ports, config.partitions)
      : createEventualChecks(ports, options.faults);
  const world: World = createWorld(
    {
      seed,
      config,
      mutations: options.mutations,
      trace: options.trace,
      drawClockError: createClockErrors(seed, plan.skewMsMax, plan.drifts),
    },
    {
      named: (id) => checks.named(id),
      turned(node) {
        checks.turned(node);
        const broken = monitor.turned(node.peer.id, node.inspect(), node.hears);
        if (broken !== undefined) violated(broken.name, broken.detail);
      },
      acknowledged: (node, key) => checks.acknowledged(node, key),
      crashed(node) {
        checks.crashed(node);
        const broken = monitor.gone(node.peer.id);
        if (broken !== undefined) violated(broken.name, `after a crash: ${broken.detail}`);
      },
      left(node) {
        checks.left(node);
        const broken = monitor.gone(node.peer.id);
        if (broken !== undefined) violated(broken.name, `after a departure: ${broken.detail}`);
      },
      suspected: () => monitor.suspected(),
      answeredWhileAsking: (node) =>
        violated(
          'BusyWhileAsking',
          `${node.peer.id.slice(0, 8)} told its pointers while its own question was pending`,
        ),
      failed: (node, error) => violated('NodeFailed', `${node.peer.id.slice(0, 8)}: ${stackOf(error)}`),
    },
  );
  const injector = createFaultInjector(world, monitor, createRandom(`${seed}/victims`), plan, nodes, (node) =>
    checks.mayEnd(node),
  );

  world.found(plan.founders);
  for (let joiner = plan.founders; joiner < nodes; joiner++) {
    world.clock.set(() => injector.join(), 1_000 + joiner * 300);
  }
  for (let client = 0; client < clientCount; client++) world.addClient();
  const workload = checks.startWorkload();

  await world.runUntil(workloadMs * faultyShare, isOver);
  injector.endAll();
  const quietFromMs = world.clock.nowMs();
  await world.runUntil(workloadMs, isOver);
  workload.stop();
  await world.runUntil(workloadMs + drainMs, isOver);
  const stuck = workload.findStuck();
  if (stuck !== undefined) violated('NoStuckOperations', stuck);
  const unrest = isOver()
    ? undefined
    : await awaitRest(world, quietBoundMs, () => checks.findUnrest(), isOver);
  if (unrest !== undefined) violated(unrest.name, unrest.detail);
  const healedInMs = Math.round(world.clock.nowMs() - quietFromMs);
  if (!isOver()) await checks.checkInTheEnd();

  digestFinalState(world);
  for (const node of world.nodes.values()) node.stop();
  const { counts } = injector;
  return {
    seed,
    digest: world.digest.value(),
    ok: violations.length === 0,
    violations,
    counts: {
      events: world.events,
      packets: world.network.counts.sent,
      operations: workload.counts.operations,
      succeeded: workload.counts.succeeded,
      crashes: counts.crashes,
      joins: counts.joins,
      departures: counts.departures,
      allowedLosses: checks.allowedLosses(),
      healedInMs,
    },
    replay: replayCommand(options),
  };
}

function drawConfig(options: SimulationOptions): RingConfig {
  const random = createRandom(`${options.seed}/config`);
  return {
    ...defaultConfig,
    clusterId: Math.floor(random() * 0x1_0000_0000).toString(16),
    consistency: options.consistency,
    // Few partitions, so that some of their members are struck.
    ...(options.consistency === 'linearizable' ? { partitions: pick(random, [1, 2, 8]) } : {}),
    replicas: options.replicas,
    successors: options.successors,
  };
}

function createClockErrors(seed: number, skewMsMax: number, drifts: boolean): () => ClockError {
  const random = createRandom(`${seed}/clocks`);
  return () => ({
    skewMs: Math.round((2 * random() - 1) * skewMsMax),
    rate: drifts ? 0.99 + random() / 50 : 1,
  });
}

function digestFinalState(world: World): void {
  const { digest } = world;
  for (const [id, node] of inspectAll(world)) {
    digest.addText(id);
    digest.addText(node.ring.successors.join());
    const copies = [...node.copies()].map((copy) => `${copy.key} ${copy.version.clock} ${copy.value ?? ''}`);
    digest.addText(copies.sort().join());
  }
}
