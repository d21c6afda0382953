/** Replies of one connection: given in any order, sent in the order of the requests, joined into one write a turn. */

/** The place of one reply; filled once. */
export interface ReplySlot {
  text: string | undefined;
}

/** Slots of sent replies that may pile up before the list is cut. */
const slotsKeptMax = 1_024;

export class ReplyQueue {
  /** Bytes of replies that wait for an earlier one. */
  heldBytes = 0;
  private readonly slots: ReplySlot[] = [];
  private head = 0;
  private ready = '';

  /** Requests whose reply is not ready to be sent. */
  get waiting(): number {
    return this.slots.length - this.head;
  }

  get readyBytes(): number {
    return this.ready.length;
  }

  /** A place for the reply of the request that comes next. */
  open(): ReplySlot {
    const slot: ReplySlot = { text: undefined };
    this.slots.push(slot);
    return slot;
  }

  fill(slot: ReplySlot, text: string): void {
    slot.text = text;
    this.heldBytes += text.length;
    for (let first = this.slots[this.head]; first?.text !== undefined; first = this.slots[this.head]) {
      this.ready += first.text;
      this.heldBytes -= first.text.length;
      this.head++;
    }
    if (this.head === this.slots.length) this.clearSlots();
    else if (this.head >= slotsKeptMax) this.dropSent();
  }

  /** The reply of the request that comes next, known at once. */
  add(text: string): void {
    if (this.waiting === 0) this.ready += text;
    else this.fill(this.open(), text);
  }

  /** All that is ready, once. */
  take(): string {
    const text = this.ready;
    this.ready = '';
    return text;
  }

  clear(): void {
    this.clearSlots();
    this.ready = '';
    this.heldBytes = 0;
  }

  private dropSent(): void {
    this.slots.splice(0, this.head);
    this.head = 0;
  }

  private clearSlots(): void {
    this.slots.length = 0;
    this.head = 0;
  }
}
