/** The sample songs, and how ten clients play them. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Ring } from '../../../actors/index.js';
import { loadFile } from '../../replay/load-workload.js';
import type { Operation } from '../../workload/operation.js';
import { runClients, type RunResult } from '../../workload/run-clients.js';
import { packageFolder } from '../package-folder.js';

type Clients = readonly (readonly Operation[])[];

export interface Songs {
  readonly inserts: Clients;
  readonly queries: Clients;
  readonly requests: Clients;
}

export async function loadSongs(): Promise<Songs> {
  const folder = join(packageFolder(), 'examples', 'songs');
  const names = readdirSync(folder).sort();
  const load = (pattern: RegExp): Promise<Clients> =>
    Promise.all(
      names
        .filter((name) => pattern.test(name))
        .map(
          async (name) =>
            (await loadFile(join(folder, name), { format: 'chordify', existing: 'replace' })).operations,
        ),
    );
  return {
    inserts: await load(/^insert_\d+_part\.txt$/),
    queries: await load(/^query_\d+\.txt$/),
    requests: await load(/^requests_\d+\.txt$/),
  };
}

/** One client a file, each with a port of its own, one operation after the other. */
export function play(ring: Ring, clients: Clients, history: boolean): Promise<RunResult> {
  return runClients({
    clients,
    target: () => ({ type: 'port', port: ring.port() }),
    outstanding: 1,
    speed: 'max',
    history,
  });
}
