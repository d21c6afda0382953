/** A binary heap: the least item first, by the order given. */
export class Heap<T> {
  readonly #items: T[] = [];
  readonly #isBefore: (a: T, b: T) => boolean;

  constructor(isBefore: (a: T, b: T) => boolean) {
    this.#isBefore = isBefore;
  }

  push(item: T): void {
    const items = this.#items;
    let index = items.length;
    items.push(item);
    while (index > 0) {
      const above = (index - 1) >> 1;
      const parent = items[above];
      if (parent === undefined || !this.#isBefore(item, parent)) break;
      items[index] = parent;
      index = above;
    }
    items[index] = item;
  }

  /** Undefined when empty. */
  pop(): T | undefined {
    const items = this.#items;
    const first = items[0];
    const last = items.pop();
    if (last === undefined || items.length === 0) return first;
    let index = 0;
    for (let below = 1; below < items.length; below = 2 * index + 1) {
      const [left, right] = [items[below], items[below + 1]];
      let child = left;
      if (left !== undefined && right !== undefined && this.#isBefore(right, left)) {
        child = right;
        below++;
      }
      if (child === undefined || !this.#isBefore(child, last)) break;
      items[index] = child;
      index = below;
    }
    items[index] = last;
    return first;
  }
}
