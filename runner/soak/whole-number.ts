/** Flags of the soaks that are whole numbers. */
import { exitCodes } from '../cli/exit-code.js';

/** The value of `--name`, from 1. Ends the process when it is something else. */
export function wholeNumber(name: string, text: string): number {
  const value = Number(text);
  if (Number.isInteger(value) && value >= 1) return value;
  process.stderr.write(`--${name} takes a whole number from 1, not ${text}\n`);
  process.exit(exitCodes.usage);
}
