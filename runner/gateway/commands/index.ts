/** The table of all commands. */
import type { Command } from '../command.js';
import { connectionCommands } from './connection.js';
import { counterCommands } from './counters.js';
import { keyCommands } from './keys.js';
import { rondoCommands } from './rondo.js';
import { scanCommands } from './scan.js';
import { serverCommands } from './server.js';
import { stringCommands } from './strings.js';

/** By name in small letters. */
export const commandTable: ReadonlyMap<string, Command> = new Map(
  [
    ...connectionCommands,
    ...stringCommands,
    ...counterCommands,
    ...keyCommands,
    ...scanCommands,
    ...serverCommands,
    ...rondoCommands,
  ].map((command) => [command.name, command]),
);
