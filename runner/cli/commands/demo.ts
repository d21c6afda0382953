/** `demo`: a scripted tour on the sample songs that ends by itself. */
import type { Command } from 'commander';
import { jsonFlag, withExamples, type Context } from '../context.js';
import { numberFlag } from '../flag.js';

interface DemoFlags {
  readonly json?: true;
  readonly nodes: number;
}

export function registerDemo(program: Command, context: Context): void {
  const demo = program
    .command('demo')
    .description(
      "a tour that ends by itself: ten nodes, the sample songs, a join, a departure, a crash, the course's experiment",
    )
    .addOption(numberFlag('-n, --nodes <count>', 'nodes of the ring', 5, 64).default(10))
    .addOption(jsonFlag());
  withExamples(demo, ['demo', 'demo --json']).action(async (options: DemoFlags) => {
    const { runDemo } = await import('../run-demo.js');
    await runDemo(context.output, options.nodes, options.json === true);
  });
}
