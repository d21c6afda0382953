/** The package's entry: a ring for the threads of a program. */
export { connect, createRing, type Ring } from './ring.js';
export * from '../src/index.js';
