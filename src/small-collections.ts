/**
 * Sets and maps of a handful of members (the peers of a replica group), kept in arrays that exist only while there are members:
 * a node has some for each of up to 4,096 partitions, and an empty Map allocates a table. Look-ups are linear.
 */

const nothing: readonly never[] = [];

/** A set; iterates in the order of addition. */
export class SmallSet<T> implements Iterable<T> {
  private items: T[] | undefined;

  get size(): number {
    return this.items?.length ?? 0;
  }

  has(item: T): boolean {
    return this.items !== undefined && this.items.includes(item);
  }

  add(item: T): void {
    if (this.items === undefined) this.items = [item];
    else if (!this.items.includes(item)) this.items.push(item);
  }

  delete(item: T): void {
    const place = this.items?.indexOf(item) ?? -1;
    if (place >= 0) this.items?.splice(place, 1);
  }

  clear(): void {
    this.items = undefined;
  }

  [Symbol.iterator](): Iterator<T> {
    return [...(this.items ?? nothing)][Symbol.iterator]();
  }
}

/** A map; `keys` are a copy, so that members may be deleted meanwhile. */
export class SmallMap<K, V> {
  private entries: [K, V][] | undefined;

  has(key: K): boolean {
    return this.find(key) !== undefined;
  }

  get(key: K): V | undefined {
    return this.find(key)?.[1];
  }

  set(key: K, value: V): void {
    const entry = this.find(key);
    if (entry !== undefined) entry[1] = value;
    else if (this.entries === undefined) this.entries = [[key, value]];
    else this.entries.push([key, value]);
  }

  delete(key: K): void {
    const place = this.entries?.findIndex(([other]) => other === key) ?? -1;
    if (place >= 0) this.entries?.splice(place, 1);
  }

  clear(): void {
    this.entries = undefined;
  }

  keys(): K[] {
    return (this.entries ?? []).map(([key]) => key);
  }

  private find(key: K): [K, V] | undefined {
    return this.entries?.find(([other]) => other === key);
  }
}
