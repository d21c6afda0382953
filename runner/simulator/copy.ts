/** Copies messages as a port would, so that two nodes never share what one of them could change. */

/**
 * A deep copy of plain data: primitives, arrays, plain objects, typed arrays.
 * @throws when the value holds anything that would not survive every transport (functions, class instances, maps).
 */
export function copyPlain<Value>(value: Value): Value;
export function copyPlain(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) {
    if (typeof value === 'function' || typeof value === 'symbol')
      throw new Error(`not plain data: ${typeof value}`);
    return value;
  }
  if (Array.isArray(value)) return value.map((item: unknown) => copyPlain(item));
  if (value instanceof Int32Array || value instanceof Float64Array || value instanceof Uint8Array) {
    return value.slice();
  }
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null) {
    throw new Error(`not plain data: ${value.constructor.name}`);
  }
  const copy: Record<string, unknown> = {};
  // Not Object.entries: the arrays that it makes cost more than the copy.
  for (const key in value) copy[key] = copyPlain(Reflect.get(value, key));
  return copy;
}
