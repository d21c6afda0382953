/** Times and limits of the linearizable mode. None of them matters to safety. */

/** Until the members that were not asked at first are asked, too (R6). */
export const hedgeMs = 20;
/** Until an unanswered ask is sent again; doubled with each try. */
export const resendMs = 60;
export const resendMsMax = 1_000;
/** Time a coordinator gives a request before it answers that there is no quorum, or that the outcome is unknown. */
export const requestMsMax = 4_000;
/** From one tick to the next while something is awaited. */
export const tickMs = 20;
/** The i-th live member drives a view change after i times this (V1). */
export const driveDelayMs = 100;
/** How long a group must stay the same before members that live are replaced (V1). */
export const viewSettleMs = 1_000;
/** How long a view waits for the home's next word before it becomes shorter (V1): a few rounds of hints. */
export const shortSettleMs = 3_000;
/** How long a phase of a view change may last before it is tried again. */
export const phaseMs = 150;
/** How long a newcomer that said it has copied a partition is taken at its word. */
export const warmForMs = 500;
/**
 * View changes that a node drives or takes part in at once, those aside that have timed out: each stops its partition for two round trips,
 * and a hundred at once would make these as long as all of them take together.
 */
export const changesMax = 2;
/** Changes that a node drives whose newcomers are still copying. */
export const warmingMax = 4;
/**
 * From one change that a node begins to the next: the death of one node is wanted changes by the hundred, whose work, done at once, would
 * keep every partition waiting for as long as it takes. Shorter where otherwise not all would have begun within `driveAllMs`.
 */
export const driveEveryMs = 25;
export const driveAllMs = 2_000;
/** Warm-ups that a node runs at once. */
export const transfersMax = 8;
/** From one repetition of a hint, or question for views, to the next. */
export const hintMs = 1_000;
/** From a change of the ring to the next hints. */
export const hintSoonMs = 100;
/** A suggestion that is not repeated for so long is forgotten. */
export const suggestionMs = 10_000;
/** A partition without quorum for so long is reported: views that change look like it for a moment. */
export const lossShownMs = 2_000;
/** How long a recovery with loss waits for the answers of living nodes, and until its partition serves. */
export const survivorMsMax = 2_000;
export const recoverMsMax = 30_000;
/** A member dead for so long without replacement is taken out of the view (R8). */
export const shrinkAfterMs = 30_000;
/** From one collection of tombstones to the next. */
export const collectMs = 1_000;
/** Bytes of registers in one page of a transfer, about. */
export const pageBytesMax = 256 * 1024;
/** Requests that a node has under way at once. */
export const requestsMax = 65_536;
/** Bytes of tombstones (keys and overhead) that a node holds before it refuses changes that would add one. */
export const tombstoneBytesMax = 64 * 1024 * 1024;
