/** Messages over a stream for the echo, as cheap as they can be: four bytes of length, then Latin-1. Nothing is checked. */
export class EchoFrames {
  readonly #onMessage: (message: string) => void;
  #rest: Buffer | undefined;
  #queued: string[] = [];
  /** Of what was added and not taken yet. */
  bytes = 0;

  constructor(onMessage: (message: string) => void) {
    this.#onMessage = onMessage;
  }

  receive(chunk: Buffer): void {
    const bytes = this.#rest === undefined ? chunk : Buffer.concat([this.#rest, chunk]);
    let at = 0;
    while (at + 4 <= bytes.length) {
      const end = at + 4 + bytes.readUInt32LE(at);
      if (end > bytes.length) break;
      this.#onMessage(bytes.toString('latin1', at + 4, end));
      at = end;
    }
    this.#rest = at < bytes.length ? bytes.subarray(at) : undefined;
  }

  add(message: string): void {
    this.#queued.push(message);
    this.bytes += 4 + message.length;
  }

  /** All that was added since, as the bytes of one write. */
  take(): Buffer {
    const bytes = Buffer.allocUnsafe(this.bytes);
    let at = 0;
    for (const message of this.#queued) {
      at = bytes.writeUInt32LE(message.length, at);
      at += bytes.write(message, at, 'latin1');
    }
    this.#queued = [];
    this.bytes = 0;
    return bytes;
  }
}
