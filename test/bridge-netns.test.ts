/**
 * Hosts as processes on machines of their own, which are network namespaces: what happens to real machines happens to them, under load
 * from clients on each. `npm run soak:hosts` does the same for longer, and stops a host for 30 s.
 */
import { expect } from 'chai';
import { HostCluster } from '../runner/soak/hosts-cluster.js';
import { Network } from '../runner/soak/hosts-network.js';
import {
  congested,
  cutOff,
  deaf,
  killed,
  rollingRestart,
  stopped,
  type Scenario,
  type ScenarioTimes,
} from '../runner/soak/hosts-scenarios.js';

const times: ScenarioTimes = {
  cutMs: 8_000,
  deafMs: 8_000,
  congestedMs: 4_000,
  stoppedMs: 8_000,
  deadMs: 2_000,
  wholeMsMax: 60_000,
};
const victim = 2;

const situations: Readonly<Record<string, Scenario>> = {
  'a host that is cut off answers NOQUORUM while the others go on, and takes part again when it is back':
    cutOff,
  'a host that hears nobody while all hear it is left out, and taken back': deaf,
  'a host behind a slow and lossy cable goes on answering': congested,
  'a host that stood still goes on without having misled anybody': stopped,
  'a host that was killed is replaced by a new process at its address': killed,
  'all hosts are restarted one after the other and lose nothing': rollingRestart,
};

describe('three hosts in network namespaces, under load', function () {
  this.timeout(240_000);
  let cluster: HostCluster | undefined;

  before(async function () {
    const obstacle = await Network.whyNot();
    if (obstacle !== undefined) {
      console.log(`    skipped: network namespaces cannot be made here (${obstacle})`);
      return this.skip();
    }
    const size = { hosts: 3, nodesPerHost: 3, replicas: 3, lanes: 4 };
    cluster = await HostCluster.start({ ...size, seed: 'test' });
  });

  after(async () => {
    await cluster?.close();
  });

  for (const [situation, scenario] of Object.entries(situations)) {
    it(situation, async () => {
      if (cluster === undefined) throw new Error('the hosts were not started');
      const { amiss, complaints, done, note } = await scenario(cluster, victim, times);
      if (note !== undefined) console.log(`      ${note}`);
      expect(amiss).to.deep.equal([]);
      expect(complaints, 'not linearizable').to.deep.equal([]);
      expect(done).to.be.above(0);
    });
  }
});
