// Bundles a node thread's entry: one file starts in half the time of a hundred, and a ring starts it once per node.
// pino stays outside: it is loaded when there is something to log.
import { nodeResolve } from '@rollup/plugin-node-resolve';
import { existsSync, readFileSync } from 'node:fs';

/** Hands on the source maps that tsc wrote, so that stacks and coverage of the bundle lead to the TypeScript files. */
const sourceMaps = {
  name: 'source-maps',
  load(id) {
    const map = `${id}.map`;
    if (!existsSync(map)) return null;
    return { code: readFileSync(id, 'utf8'), map: JSON.parse(readFileSync(map, 'utf8')) };
  },
};

const out = process.env.RONDO_OUT_DIR ?? 'dist';

export default {
  input: `${out}/actors/node-worker.js`,
  output: { file: `${out}/actors/node-worker.bundle.js`, format: 'es', sourcemap: true },
  external: [/^node:/, 'pino'],
  plugins: [sourceMaps, nodeResolve({ exportConditions: ['node', 'import', 'default'] })],
  onwarn: (warning) => {
    throw new Error(warning.message);
  },
};
