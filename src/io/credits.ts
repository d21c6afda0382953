/**
 * The credits of a port between two nodes, which has no back-pressure of its own: past 256 packets or 8 MiB that the other end has
 * not acknowledged, packets are lost. Each end keeps one of each for the port.
 */
const packetsMax = 256;
const bytesMax = 8 * 1024 * 1024;
/** What a receiver that sends nothing acknowledges by itself. */
const acknowledgeEvery = 64;
const acknowledgeBytes = 1024 * 1024;

/** What was sent, as far as it is not acknowledged. */
export class Outstanding {
  /** In bytes, oldest first. */
  readonly #sizes: number[] = [];
  #bytes = 0;
  #acknowledged = 0;

  /** Counts a packet that is about to be sent. False when there is no credit for it. */
  take(bytes: number): boolean {
    if (this.#sizes.length >= packetsMax || this.#bytes > bytesMax) return false;
    this.#sizes.push(bytes);
    this.#bytes += bytes;
    return true;
  }

  /** The other end has received so many packets since the port was opened. */
  acknowledge(received: number): void {
    const newly = received - this.#acknowledged;
    if (newly <= 0) return;
    for (const bytes of this.#sizes.splice(0, newly)) this.#bytes -= bytes;
    this.#acknowledged = received;
  }
}

/** What was received, and how much of it the other end has been told. */
export class Receipts {
  #received = 0;
  #told = 0;
  #bytes = 0;

  /** Counts a packet. True when the other end is to be told at once, for it may be out of credit. */
  add(bytes: number): boolean {
    this.#received++;
    this.#bytes += bytes;
    return this.#received - this.#told >= acknowledgeEvery || this.#bytes >= acknowledgeBytes;
  }

  /** How many packets were received: for the next message, which tells it. */
  tell(): number {
    this.#told = this.#received;
    this.#bytes = 0;
    return this.#received;
  }
}
