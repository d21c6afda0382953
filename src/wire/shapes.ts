/**
 * Shapes: what a field of a message may hold, how it is written and how it is read back, checked. Bytes, arrays of numbers and peers
 * leave a length or a place in the JSON; they themselves travel beside it, bytes as they are and each peer once a packet.
 */
import { arrayFromBytes, bytesFromArray, trustBytes, type ByteString } from '../bytes.js';
import { parseIdentifier, type Identifier } from '../chord/identifier.js';
import type { Peer } from '../peer.js';
import type { WireLimits } from './wire-limits.js';
import { WireError } from './wire-error.js';

/** Where a message is written to. */
export interface Sink {
  raw: string;
  readonly peers: Peer[];
  readonly places: Map<string, number>;
}

/** Where a message is read from. */
export interface Source {
  readonly frame: string;
  readonly limits: WireLimits;
  readonly from: Identifier;
  readonly raw: string;
  rawAt: number;
  readonly peers: readonly Peer[];
  /** Names and places on the way to what is being read. */
  readonly path: (string | number)[];
}

export interface Shape<T> {
  /** What stands in the JSON. */
  write(value: T, sink: Sink): unknown;
  /** Throws WireError. */
  read(json: unknown, source: Source): T;
}

export function fail(source: Source, reason: string): never {
  throw new WireError(source.frame, source.path.join('.'), reason);
}

/** A value that stands in the JSON as it is. */
export function plain<T>(read: (json: unknown, source: Source) => T): Shape<T> {
  return { write: (value) => value, read };
}

/** A whole number from `least` to `most`, both included. */
export function whole(least: number, most: number | ((limits: WireLimits) => number)): Shape<number> {
  return plain((json, source) => {
    const bound = typeof most === 'number' ? most : most(source.limits);
    if (typeof json === 'number' && Number.isSafeInteger(json) && json >= least && json <= bound) return json;
    return fail(source, `must be a whole number from ${least} to ${bound}, not ${show(json)}`);
  });
}

export const count = whole(0, Number.MAX_SAFE_INTEGER);

/** Any number; those that JSON does not have by their names. */
export const real: Shape<number> = {
  write: (value) => (Number.isFinite(value) ? value : String(value)),
  read(json, source) {
    if (typeof json === 'number') return json;
    if (json === 'Infinity' || json === '-Infinity' || json === 'NaN') return Number(json);
    return fail(source, `must be a number, not ${show(json)}`);
  },
};

export const flag = plain((json, source) =>
  typeof json === 'boolean' ? json : fail(source, `must be true or false, not ${show(json)}`),
);

export function text(lengthMax: number): Shape<string> {
  return plain((json, source) => {
    if (typeof json !== 'string') return fail(source, `must be a text, not ${show(json)}`);
    return json.length <= lengthMax
      ? json
      : fail(source, `has ${json.length} characters, more than ${lengthMax}`);
  });
}

export function oneOf<T extends string>(...values: readonly T[]): Shape<T> {
  return plain(
    (json, source) =>
      values.find((value) => value === json) ??
      fail(source, `must be ${values.join(' or ')}, not ${show(json)}`),
  );
}

export const identifier = plain((json, source): Identifier => {
  const parsed = typeof json === 'string' ? parseIdentifier(json) : undefined;
  return parsed ?? fail(source, `must be 40 hexadecimal digits, not ${show(json)}`);
});

export function nullable<T>(shape: Shape<T>): Shape<T | null> {
  return {
    write: (value, sink) => (value === null ? null : shape.write(value, sink)),
    read: (json, source) => (json === null ? null : shape.read(json, source)),
  };
}

export function array<T>(shape: Shape<T>, lengthMax = Infinity): Shape<readonly T[]> {
  return {
    write: (values, sink) => values.map((value) => shape.write(value, sink)),
    read(json, source) {
      if (!Array.isArray(json)) return fail(source, `must be an array, not ${show(json)}`);
      if (json.length > lengthMax) return fail(source, `has ${json.length} members, more than ${lengthMax}`);
      return json.map((member: unknown, place) => {
        source.path.push(place);
        const value = shape.read(member, source);
        source.path.pop();
        return value;
      });
    },
  };
}

/** The shape with a further condition: the reason why a value is refused, or undefined. */
export function where<T>(
  shape: Shape<T>,
  problem: (value: T, source: Source) => string | undefined,
): Shape<T> {
  return {
    write: (value, sink) => shape.write(value, sink),
    read(json, source) {
      const value = shape.read(json, source);
      const reason = problem(value, source);
      return reason === undefined ? value : fail(source, reason);
    },
  };
}

/** Fields that are not named are passed over; those whose shape reads undefined may be missing. */
export function object<T extends object>(fields: {
  readonly [K in keyof T]-?: Shape<T[K]> | Shape<Exclude<T[K], undefined>>;
}): Shape<T> {
  const shapes = Object.entries<Shape<unknown>>(fields as Record<string, Shape<unknown>>);
  return {
    write(value, sink) {
      const json: Record<string, unknown> = {};
      for (const [name, shape] of shapes) {
        const field = shape.write((value as Record<string, unknown>)[name], sink);
        if (field !== undefined) json[name] = field;
      }
      return json;
    },
    read(json, source) {
      if (typeof json !== 'object' || json === null || Array.isArray(json))
        return fail(source, `must be an object, not ${show(json)}`);
      const value: Record<string, unknown> = {};
      for (const [name, shape] of shapes) {
        source.path.push(name);
        const given = Object.hasOwn(json, name) ? (json as Record<string, unknown>)[name] : undefined;
        const field = shape.read(given, source);
        if (field !== undefined) value[name] = field;
        source.path.pop();
      }
      return value as T;
    },
  };
}

/** A field that may be missing. */
export function optional<T>(shape: Shape<T>): Shape<T | undefined> {
  return {
    write: (value, sink) => (value === undefined ? undefined : shape.write(value, sink)),
    read: (json, source) => (json === undefined ? undefined : shape.read(json, source)),
  };
}

/** A field that is true or missing. */
export const mark: Shape<true | undefined> = optional(
  plain((json, source) => (json === true ? json : fail(source, `must be true, not ${show(json)}`))),
);

/** Bytes that travel beside the JSON, where their length stands. */
export function bytes(lengthMax: (limits: WireLimits) => number): Shape<ByteString> {
  return {
    write(value, sink) {
      sink.raw += value;
      return value.length;
    },
    read: (json, source) => trustBytes(takeRaw(json, 1, source, lengthMax(source.limits))),
  };
}

/** What Float64Array and Int32Array have in common. */
interface NumbersType<T extends Float64Array | Int32Array> {
  readonly BYTES_PER_ELEMENT: number;
  new (values: ArrayLike<number>): T;
  new (memory: ArrayBufferLike): T;
}

/** Numbers that travel beside the JSON, where their count stands. */
function numbers<T extends Float64Array | Int32Array>(Numbers: NumbersType<T>): Shape<T> {
  return {
    write(values, sink) {
      sink.raw += bytesFromArray(new Uint8Array(new Numbers(values).buffer));
      return values.length;
    },
    read: (json, source) =>
      new Numbers(
        arrayFromBytes(trustBytes(takeRaw(json, Numbers.BYTES_PER_ELEMENT, source, Infinity))).buffer,
      ),
  };
}

export const doubles: Shape<Float64Array> = numbers(Float64Array);
/** 32-bit numbers. */
export const words: Shape<Int32Array> = numbers(Int32Array);

export const peerFields = object<Peer>({
  id: identifier,
  address: text(300),
  host: text(300),
  incarnation: count,
});

/** A peer by its place in the packet's table of them. */
export const peer: Shape<Peer> = {
  write(value, sink) {
    const name = `${value.id} ${value.incarnation} ${value.address} ${value.host}`;
    const known = sink.places.get(name);
    if (known !== undefined) return known;
    const place = sink.peers.push(value) - 1;
    sink.places.set(name, place);
    return place;
  },
  read(json, source) {
    const found = typeof json === 'number' ? source.peers[json] : undefined;
    return found ?? fail(source, `must be a place among ${source.peers.length} peers, not ${show(json)}`);
  },
};

/** The next `length` items of the bytes beside the JSON. */
function takeRaw(length: unknown, itemBytes: number, source: Source, lengthMax: number): string {
  const left = source.raw.length - source.rawAt;
  if (typeof length !== 'number' || !Number.isSafeInteger(length) || length < 0)
    return fail(source, `must be a length, not ${show(length)}`);
  if (length > lengthMax) return fail(source, `has ${length} bytes, more than ${lengthMax}`);
  if (length * itemBytes > left)
    return fail(source, `has ${length * itemBytes} bytes, more than the ${left} that are left`);
  const start = source.rawAt;
  source.rawAt += length * itemBytes;
  return source.raw.substring(start, source.rawAt);
}

/** What was given, for a reason: short, whatever it is. */
export function show(json: unknown): string {
  if (typeof json === 'string') return JSON.stringify(json.slice(0, 60));
  if (Array.isArray(json)) return 'an array';
  return typeof json === 'object' && json !== null ? 'an object' : String(json);
}
