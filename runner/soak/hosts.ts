/**
 * `npm run soak:hosts -- --rounds 3 --seed 1`: a linearizable ring of hosts in network namespaces, each a process, under load from
 * clients on every machine, while hosts are cut off, deaf, congested, stopped for 30 s, killed and restarted. Exit code 5 when what was
 * observed is wrong.
 */
import { parseArgs } from 'node:util';
import { exitCodes } from '../cli/exit-code.js';
import { HostCluster } from './hosts-cluster.js';
import { Network } from './hosts-network.js';
import { scenarios, type ScenarioTimes } from './hosts-scenarios.js';
import { wholeNumber } from './whole-number.js';

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '3' },
    hosts: { type: 'string', default: '3' },
    nodes: { type: 'string', default: '3' },
    lanes: { type: 'string', default: '8' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
    only: { type: 'string', default: Object.keys(scenarios).join() },
  },
});

const times: ScenarioTimes = {
  cutMs: 30_000,
  deafMs: 30_000,
  congestedMs: 30_000,
  stoppedMs: 30_000,
  deadMs: 15_000,
  wholeMsMax: 90_000,
};

const obstacle = await Network.whyNot();
if (obstacle === undefined) process.exitCode = await soak();
else {
  console.error(`network namespaces cannot be made here: ${obstacle}`);
  process.exitCode = exitCodes.failure;
}

async function soak(): Promise<number> {
  const hosts = wholeNumber('hosts', values.hosts);
  const rounds = wholeNumber('rounds', values.rounds);
  const cluster = await HostCluster.start({
    hosts,
    nodesPerHost: wholeNumber('nodes', values.nodes),
    replicas: 3,
    lanes: wholeNumber('lanes', values.lanes),
    seed: values.seed,
  });
  console.log(`seed ${values.seed}, ${hosts} hosts of ${values.nodes} nodes`);
  let isWrong = false;
  try {
    for (let round = 0; round < rounds; round++) {
      for (const name of values.only.split(',')) {
        const scenario = scenarios[name];
        if (scenario === undefined) throw new Error(`no scenario ${name}: ${Object.keys(scenarios).join()}`);
        const { done, failures, keys, complaints, amiss, note } = await scenario(
          cluster,
          round % hosts,
          times,
        );
        const wrong = [...amiss, ...complaints];
        isWrong ||= wrong.length > 0;
        const failed = JSON.stringify(failures);
        console.log(
          `${name}: ${done} operations, not done ${failed}, ${keys} keys linearizable; ${note ?? ''}`,
        );
        for (const line of wrong) console.log(`WRONG ${line}`);
      }
    }
  } catch (error) {
    for (const host of cluster.hosts) console.error(`${host.address} said: ${host.said}`);
    throw error;
  } finally {
    await cluster.close();
  }
  return isWrong ? exitCodes.checkFailed : exitCodes.ok;
}
