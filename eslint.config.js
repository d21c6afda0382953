// Lints the tree and enforces the import rule of ARCHITECTURE.md: a file looks only down.
import tseslint from 'typescript-eslint';

const worldGlobals = [
  'Date',
  'performance',
  'process',
  'setTimeout',
  'setInterval',
  'setImmediate',
  'queueMicrotask',
  'clearTimeout',
  'clearInterval',
  'clearImmediate',
  'Buffer',
  'console',
  'crypto',
  'fetch',
].map((name) => ({ name, message: 'The world stands outside: take it through a port of src/ports.ts.' }));
const noRandom = {
  'no-restricted-properties': [
    'error',
    { object: 'Math', property: 'random', message: 'Take entropy through src/ports.ts.' },
  ],
};
const deny = (...groups) => ({
  'no-restricted-imports': ['error', { patterns: groups.map(([group, message]) => ({ group, message })) }],
});
const noNode = [['node:*', 'worker_threads', 'fs', 'net', 'crypto'], 'Only src/io and the roots touch Node.'];
const noUp = [
  ['**/actors/**', '**/runner/**', '**/test/**'],
  'A file looks only down: src knows no chart and no program.',
];
const noRunner = [['**/runner/**', '**/test/**'], 'Nothing but test/ imports runner/.'];
const noIo = [['**/io/*'], 'Only composition roots import src/io.'];
// The files of actors/ itself and of actors/bridge/ are composition roots (threads, host, ring, links); actors/node/ and actors/link/
// hold the charts.
const roots = ['actors/*.ts', 'actors/bridge/*.ts'];

export default tseslint.config(
  { ignores: ['dist/', '.build/', 'coverage/', 'node_modules/'] },
  ...tseslint.configs.recommended,
  {
    files: ['**/*.ts'],
    rules: {
      '@typescript-eslint/no-explicit-any': 'error',
      '@typescript-eslint/no-non-null-assertion': 'error',
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
      'no-restricted-syntax': [
        'error',
        { selector: 'ExportDefaultDeclaration', message: 'Use named exports.' },
      ],
      eqeqeq: 'error',
      'no-empty': 'error',
    },
  },
  {
    files: ['src/**/*.ts'],
    ignores: ['src/io/**'],
    rules: {
      ...deny(noNode, noUp, noIo, [
        ['xstate', 'xstate/*', 'pino', 'comlink', 'piscina'],
        'src/ is the protocol alone.',
      ]),
      'no-restricted-globals': ['error', ...worldGlobals],
      ...noRandom,
    },
  },
  {
    files: ['src/io/**/*.ts'],
    rules: deny(noUp, [['xstate', 'comlink', 'piscina', 'pino'], 'src/io implements ports, nothing more.']),
  },
  {
    files: ['actors/**/*.ts'],
    ignores: roots,
    rules: {
      ...deny(noNode, noIo, noRunner),
      'no-restricted-globals': ['error', ...worldGlobals],
      ...noRandom,
    },
  },
  { files: roots, rules: deny(noRunner) },
  { files: ['runner/simulator/**/*.ts'], rules: deny(noIo) },
  {
    files: ['runner/**/*.ts'],
    ignores: ['runner/simulator/**'],
    rules: deny([['**/test/**'], 'Nothing imports test/.']),
  },
  { files: ['test/**/*.ts'], rules: { '@typescript-eslint/no-unused-expressions': 'off' } },
);
