/** Identifiers: points of Chord's circle, SHA-1 as 40 lower-case hexadecimal characters (Stoica et al. 2001, section 4). */

declare const identifier: unique symbol;

/** 40 lower-case hexadecimal characters; they sort as the 160-bit numbers that they write. */
export type Identifier = string & { readonly [identifier]: true };

/** Bits of an identifier (Chord's m): the number of rows of a full finger table. */
export const identifierBits = 160;

const pattern = /^[0-9a-f]{40}$/;
const circle = 1n << BigInt(identifierBits);

/** Parses an identifier, or answers undefined when the text is none. */
export function parseIdentifier(text: string): Identifier | undefined {
  return pattern.test(text) ? trustIdentifier(text) : undefined;
}

/** Brands a text that is known to be an identifier. Unchecked. */
export function trustIdentifier(text: string): Identifier {
  return text as Identifier;
}

/** Whether x lies strictly inside the arc clockwise from a to b; for a = b every x except a does (Zave 2017, section 3). */
export function between(a: Identifier, x: Identifier, b: Identifier): boolean {
  if (a < b) return a < x && x < b;
  if (a > b) return a < x || x < b;
  return x !== a;
}

/** Whether x lies in the half-open arc (a, b]; for a = b every x does: the only node is home of all keys. */
export function isInArc(a: Identifier, x: Identifier, b: Identifier): boolean {
  return x === b || between(a, x, b);
}

/** The point `steps` clockwise of the identifier (anticlockwise when negative). */
export function clockwiseOf(id: Identifier, steps: bigint): Identifier {
  return identifierOfNumber(numberOfIdentifier(id) + steps);
}

/** Steps clockwise from a to b, 0 to 2^160 - 1. */
export function distance(a: Identifier, b: Identifier): bigint {
  return BigInt.asUintN(identifierBits, numberOfIdentifier(b) - numberOfIdentifier(a));
}

/** The point as a number, 0 to 2^160 - 1. */
export function numberOfIdentifier(id: Identifier): bigint {
  return BigInt(`0x${id}`);
}

/** The point at a number, taken modulo 2^160. */
export function identifierOfNumber(point: bigint): Identifier {
  const wrapped = ((point % circle) + circle) % circle;
  return trustIdentifier(wrapped.toString(16).padStart(identifierBits / 4, '0'));
}
