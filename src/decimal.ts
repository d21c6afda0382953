/** Decimal fractions, added exactly: what INCRBYFLOAT does with text, where binary fractions would say 0.1 + 0.2 = 0.30000000000000004. */

/** `units` x 10^-`places`. */
interface Decimal {
  readonly units: bigint;
  readonly places: number;
}

const shape = /^([+-]?)(\d*)\.?(\d*)(?:[eE]([+-]?\d{1,3}))?$/;
const charactersMax = 400;
const exponentMax = 308;
/** Digits after the point that a sum keeps; further ones are rounded. As redis prints. */
const placesMax = 17;

/** The sum in decimal without an exponent or trailing zeros; undefined when either is no decimal number. */
export function addDecimals(a: string, b: string): string | undefined {
  const [left, right] = [parse(a), parse(b)];
  if (left === undefined || right === undefined) return undefined;
  const places = Math.max(left.places, right.places);
  return print(rounded({ units: scaled(left, places) + scaled(right, places), places }));
}

function parse(text: string): Decimal | undefined {
  const match = text.length > charactersMax ? null : shape.exec(text);
  if (match === null) return undefined;
  const [, sign = '', whole = '', fraction = '', exponentText = '0'] = match;
  const exponent = Number(exponentText);
  if (whole + fraction === '' || Math.abs(exponent) > exponentMax) return undefined;
  const magnitude = BigInt(whole + fraction);
  const units = sign === '-' ? -magnitude : magnitude;
  const places = fraction.length - exponent;
  return places >= 0 ? { units, places } : { units: units * 10n ** BigInt(-places), places: 0 };
}

function scaled({ units, places }: Decimal, to: number): bigint {
  return units * 10n ** BigInt(to - places);
}

/** Half away from zero. */
function rounded(exact: Decimal): Decimal {
  if (exact.places <= placesMax) return exact;
  const divisor = 10n ** BigInt(exact.places - placesMax);
  const half = exact.units < 0n ? -divisor / 2n : divisor / 2n;
  return { units: (exact.units + half) / divisor, places: placesMax };
}

function print({ units, places }: Decimal): string {
  const digits = (units < 0n ? -units : units).toString().padStart(places + 1, '0');
  const whole = digits.slice(0, digits.length - places);
  const fraction = digits.slice(digits.length - places).replace(/0+$/, '');
  return `${units < 0n ? '-' : ''}${whole}${fraction === '' ? '' : `.${fraction}`}`;
}
