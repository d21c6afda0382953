/** One end of a wire for tests: what it heard, and promises of what it will hear. */
import type { Wire, WireEvents } from '../../src/io/wire.js';

export class WireEnd implements WireEvents {
  wire: Wire | undefined;
  readonly heard: string[] = [];
  readonly #chunks: Buffer[] = [];
  #bytes = 0;
  #waiting: (() => void)[] = [];

  opened(): void {
    this.#note('opened');
  }
  received(chunk: Buffer): void {
    // Lent: it may be another's when this returns.
    this.#chunks.push(Buffer.from(chunk));
    this.#bytes += chunk.length;
    this.#note(undefined);
  }
  closed(reason: string): void {
    this.#note(`closed: ${reason}`);
  }

  get bytes(): Buffer {
    return Buffer.concat(this.#chunks);
  }
  get isClosed(): boolean {
    return this.heard.some((each) => each.startsWith('closed'));
  }

  async untilOpened(): Promise<void> {
    await this.#until(() => this.heard.length > 0);
  }
  async untilBytes(count: number): Promise<Buffer> {
    await this.#until(() => this.#bytes >= count || this.isClosed);
    return this.bytes;
  }
  /** The reason. */
  async untilClosed(): Promise<string> {
    await this.#until(() => this.isClosed);
    return this.heard.at(-1)?.replace('closed: ', '') ?? '';
  }

  async #until(holds: () => boolean): Promise<void> {
    while (!holds()) await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }
  #note(what: string | undefined): void {
    if (what !== undefined) this.heard.push(what);
    for (const tell of this.#waiting.splice(0)) tell();
  }
}
