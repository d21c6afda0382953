/** The work of `demo`: a ring lives through a join, a departure and a crash, then the course's experiment; any error fails it. */
import type { Consistency } from '../../src/config.js';
import { RondoError } from '../../src/errors.js';
import { experiment } from './demo/experiment.js';
import { loadSongs } from './demo/songs.js';
import { Steps } from './demo/steps.js';
import { tour } from './demo/tour.js';
import type { Output } from './output.js';

const modes: readonly Consistency[] = ['linearizable', 'eventual'];

export async function runDemo(output: Output, nodes: number, asJson: boolean): Promise<void> {
  const steps = new Steps(output, asJson);
  const songs = await loadSongs();
  await tour(steps, songs, nodes, 'linearizable');
  await experiment(steps, songs, nodes, modes);
  steps.say('done', { errors: steps.errors }, `Done: ${steps.errors} errors.`);
  if (steps.errors > 0) throw new RondoError('INTERNAL', `the tour met ${steps.errors} errors`);
}
