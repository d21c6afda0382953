/** Bytes that all connections together hold in unfinished requests and untaken replies. */

export class BufferBudget {
  private readonly bytesMax: number;
  private bytes = 0;

  constructor(bytesMax: number) {
    this.bytesMax = bytesMax;
  }

  /** What a connection holds more, or less, than it said before. */
  add(bytes: number): void {
    this.bytes += bytes;
  }

  get isFull(): boolean {
    return this.bytes > this.bytesMax;
  }
}
