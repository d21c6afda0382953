/** A thread's log: pino to stderr, loaded when there is something to log, because loading it costs every node's start. */
import { createRequire } from 'node:module';
import type { default as Pino, Logger } from 'pino';

/** pino's numbers. */
const severities = { debug: 20, info: 30, warn: 40, error: 50, fatal: 60, silent: Infinity };

export type LogLevel = keyof typeof severities;

export type Log = (level: Exclude<LogLevel, 'silent'>, message: string, details?: object) => void;

/** `name` stands in each line as `node`. */
export function createThreadLog(name: string, lowest: LogLevel): Log {
  let logger: Logger | undefined;
  return (level, message, details = {}) => {
    if (severities[level] < severities[lowest]) return;
    if (logger === undefined) {
      const pino = createRequire(import.meta.url)('pino') as typeof Pino;
      // A transport would start one more thread for each thread that logs.
      logger = pino({ level: lowest, base: { node: name } }, pino.destination({ dest: 2, sync: true }));
    }
    logger[level](details, message);
  };
}
