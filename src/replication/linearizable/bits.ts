/** Sets of members as bits, by their places in the view. */

export function countBits(bits: number): number {
  let count = 0;
  for (let rest = bits; rest !== 0; rest &= rest - 1) count++;
  return count;
}

/** Counts the answer of the member at a place. False when that has been counted. */
export function countAnswer(asked: { answered: number; answers: number }, place: number): boolean {
  const bit = 1 << place;
  if ((asked.answered & bit) !== 0) return false;
  asked.answered |= bit;
  asked.answers++;
  return true;
}
