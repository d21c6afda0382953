/** What the demo tells and counts. */
import type { RunSummary } from '../../workload/statistics.js';
import type { Output } from '../output.js';

/** Tells the steps: sentences for people, or one JSON object a line. */
export class Steps {
  errors = 0;
  readonly #output: Output;
  readonly #asJson: boolean;

  constructor(output: Output, asJson: boolean) {
    this.#output = output;
    this.#asJson = asJson;
  }

  say(event: string, facts: Readonly<Record<string, unknown>>, sentence: string): void {
    if (!this.#asJson) this.#output.data(sentence);
    else if (event !== 'note') this.#output.json({ event, ...facts });
  }

  json(value: unknown): void {
    if (this.#asJson) this.#output.json(value);
  }

  lines(lines: readonly string[]): void {
    if (!this.#asJson) for (const line of lines) this.#output.data(line);
  }

  count(summary: RunSummary): void {
    this.errors += summary.errors;
  }
}
