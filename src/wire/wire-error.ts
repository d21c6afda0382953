/** What is wrong with bytes from another host: the link that they came over closes with this as its reason. */
export class WireError extends Error {
  override readonly name = 'WireError';
  /** The kind of frame. */
  readonly frame: string;
  /** Where in it: `messages.3.partition`; empty for the frame as a whole. */
  readonly field: string;
  readonly reason: string;

  constructor(frame: string, field: string, reason: string) {
    super(field === '' ? `${frame}: ${reason}` : `${frame}: ${field} ${reason}`);
    this.frame = frame;
    this.field = field;
    this.reason = reason;
  }
}
