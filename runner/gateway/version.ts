/** Versions that clients are told. */

/** The redis whose command behaviour is followed: clients choose features by it. */
export const redisVersion = '7.2.0';
