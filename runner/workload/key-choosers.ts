/** Key choosers: which record the next operation touches (Cooper et al., "Benchmarking Cloud Serving Systems with YCSB", SoCC 2010; Gray et al., SIGMOD 1994, for the zipfian). */
import type { Random } from '../../src/ports.js';

/** Draws the index of a record, 0 to items - 1. */
export type KeyChooser = () => number;

/** YCSB's constant: the most popular of many items is drawn some 7 % of the time. */
export const zipfianSkew = 0.99;

export function uniformChooser(items: number, random: Random): KeyChooser {
  return () => Math.floor(random() * items);
}

/**
 * Zipfian ranks: item 0 is the most popular. Costs one pass over the items when made, then constant time (Gray's method).
 * At least one item.
 */
export function zipfianChooser(items: number, random: Random, skew: number = zipfianSkew): KeyChooser {
  if (items === 1) return () => 0;
  const zeta = zetaOf(items, skew);
  const alpha = 1 / (1 - skew);
  const half = 0.5 ** skew;
  const eta = (1 - (2 / items) ** (1 - skew)) / (1 - zetaOf(2, skew) / zeta);
  return () => {
    const drawn = random();
    const scaled = drawn * zeta;
    if (scaled < 1) return 0;
    if (scaled < 1 + half) return 1;
    return Math.min(items - 1, Math.floor(items * (eta * drawn - eta + 1) ** alpha));
  };
}

/** The zipfian's popularity, spread over the items by a hash, so that popular records are not neighbours (YCSB's "scrambled"). */
export function scrambledZipfianChooser(items: number, random: Random): KeyChooser {
  const rank = zipfianChooser(items, random);
  return () => scramble(rank()) % items;
}

/** 32-bit FNV-1a of the number's four bytes. */
function scramble(value: number): number {
  let hash = 0x811c9dc5;
  for (let shift = 0; shift < 32; shift += 8) {
    hash = Math.imul(hash ^ ((value >>> shift) & 0xff), 0x01000193);
  }
  return hash >>> 0;
}

function zetaOf(items: number, skew: number): number {
  let sum = 0;
  for (let rank = 1; rank <= items; rank++) sum += 1 / rank ** skew;
  return sum;
}
