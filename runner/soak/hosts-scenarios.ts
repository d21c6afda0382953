/** What happens to hosts: each scenario is a fault under load, what must hold while it lasts, and its end. The ring must then become whole. */
import { setTimeout as pause } from 'node:timers/promises';
import type { HostCluster, Judged } from './hosts-cluster.js';
import type { Congestion } from './hosts-network.js';

export interface ScenarioTimes {
  /** How long a host is cut off, deaf, congested, or stopped. */
  readonly cutMs: number;
  readonly deafMs: number;
  readonly congestedMs: number;
  readonly stoppedMs: number;
  /** Between the end of a host and its next start. */
  readonly deadMs: number;
  /** Until the ring must be whole after the fault's end. */
  readonly wholeMsMax: number;
}

export interface Observed extends Judged {
  /** What the scenario itself found amiss; empty when all is well. */
  readonly amiss: readonly string[];
  readonly note?: string;
}

export type Scenario = (cluster: HostCluster, victim: number, times: ScenarioTimes) => Promise<Observed>;

type Complain = (what: string) => void;

/** The fault detector's silence, and what views then take. */
const minorityMsMax = 30_000;
const callMs = 15_000;
const pollMs = 200;

/** Unplugged: the host alone must answer NOQUORUM, the others go on, and all agree when it is back. */
export const cutOff: Scenario = (cluster, victim, times) =>
  observe(cluster, times, async (complain) => {
    await cluster.network.plug(victim, false);
    try {
      const since = performance.now();
      const [minority] = await Promise.all([
        untilCode(cluster, victim, 'NOQUORUM'),
        othersAnswerFor(times.cutMs, cluster, victim, complain),
      ]);
      if (minority !== 'NOQUORUM') complain(`the host that was cut off answered ${minority} all the time`);
      return `cut off for ${Math.round(performance.now() - since)} ms`;
    } finally {
      await cluster.network.plug(victim, true);
    }
  });

/** An asymmetric break: what the others send does not arrive at the host, what it sends does. */
export const deaf: Scenario = (cluster, victim, times) =>
  observe(cluster, times, async (complain) => {
    await cluster.network.deafen(victim, true);
    try {
      await othersAnswerFor(times.deafMs, cluster, victim, complain);
      return undefined;
    } finally {
      await cluster.network.deafen(victim, false);
    }
  });

const bad: Congestion = { delayMs: 40, lossPercent: 5 };

export const congested: Scenario = (cluster, victim, times) =>
  observe(cluster, times, async (complain) => {
    const how = await cluster.network.congest(victim, bad);
    try {
      const [answer] = await Promise.all([untilAnswered(cluster, victim), pause(times.congestedMs)]);
      if (answer !== undefined) complain(`the congested host answered ${answer} all the time`);
      return how === 'netem'
        ? undefined
        : 'this kernel has no netem: a narrow cable with a short queue in its place';
    } finally {
      await cluster.network.congest(victim, undefined);
    }
  });

/** SIGSTOP: connections stay open and nothing is heard; then it goes on as if no time had passed. */
export const stopped: Scenario = (cluster, victim, times) =>
  observe(cluster, times, async (complain) => {
    cluster.host(victim).signal('SIGSTOP');
    try {
      await othersAnswerFor(times.stoppedMs, cluster, victim, complain);
      return undefined;
    } finally {
      cluster.host(victim).signal('SIGCONT');
    }
  });

/** kill -9, and after a while another process in its place, which knows nothing. */
export const killed: Scenario = (cluster, victim, times) =>
  observe(cluster, times, async (complain) => {
    cluster.host(victim).signal('SIGKILL');
    await cluster.host(victim).ended();
    await othersAnswerFor(times.deadMs, cluster, victim, complain);
    await cluster.restart(victim);
    return undefined;
  });

/** Every host in turn is asked to end (SIGTERM), hands over what it holds, and is started again; the ring is whole before the next. */
export const rollingRestart: Scenario = (cluster, _victim, times) =>
  observe(cluster, times, async (complain) => {
    for (const [index, host] of cluster.hosts.entries()) {
      host.signal('SIGTERM');
      const code = await host.ended();
      if (code !== exitCodeTerminated) complain(`host ${index} ended with ${code}: ${host.said}`);
      await cluster.restart(index);
      await cluster.untilWhole(times.wholeMsMax);
    }
    return undefined;
  });

export const scenarios: Readonly<Record<string, Scenario>> = {
  'cut off': cutOff,
  deaf,
  congested,
  stopped,
  killed,
  'rolling restart': rollingRestart,
};

const exitCodeTerminated = 143;

async function observe(
  cluster: HostCluster,
  { wholeMsMax }: ScenarioTimes,
  fault: (complain: Complain) => Promise<string | undefined>,
): Promise<Observed> {
  const amiss: string[] = [];
  let note: string | undefined;
  const judged = await cluster.underLoad(async () => {
    note = await fault((what) => amiss.push(what));
  }, wholeMsMax);
  return { ...judged, amiss, ...(note === undefined ? {} : { note }) };
}

/** Resolves with the code when the machine's gateway answers a write with it; else, in the end, with what it answered last. */
async function untilCode(cluster: HostCluster, index: number, code: string): Promise<string> {
  const untilMs = performance.now() + minorityMsMax;
  for (;;) {
    const called = await cluster.host(index).call(callMs, 'SET', 'probe', String(performance.now()));
    const answered = called.code ?? 'OK';
    if (answered === code || performance.now() > untilMs) return answered;
    await pause(pollMs);
  }
}

/** Resolves with undefined when writes of every kind of place succeed at the machine's gateway; else with what was answered last. */
async function untilAnswered(cluster: HostCluster, index: number): Promise<string | undefined> {
  const untilMs = performance.now() + minorityMsMax;
  for (let probe = 0; probe < probes;) {
    const { code, message } = await cluster.host(index).call(callMs, 'SET', `probe-${probe}`, 'x');
    if (code === undefined) probe++;
    else if (performance.now() > untilMs) return `${code} ${message ?? ''}`;
    else await pause(pollMs);
  }
  return undefined;
}

/** Keys in so many places that each host leads some of them. */
const probes = 12;

function another(cluster: HostCluster, victim: number): number {
  return (victim + 1) % cluster.hosts.length;
}

/** For so long, and until the hosts beside the victim answer; complains when they do not. */
async function othersAnswerFor(
  forMs: number,
  cluster: HostCluster,
  victim: number,
  complain: Complain,
): Promise<void> {
  const [answered] = await Promise.all([untilAnswered(cluster, another(cluster, victim)), pause(forMs)]);
  if (answered !== undefined) complain(`the hosts that were left answered ${answered} all the time`);
}
