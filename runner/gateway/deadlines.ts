/** The times that a connection may take: to authenticate, to end a request it began, to take its replies, to say anything. */
import type { GatewayLimits } from './limits.js';
import type { Session } from './session.js';

/** Since when a connection has been doing what it may not do for ever; undefined = it is not. */
export interface Timing {
  readonly session: Pick<Session, 'isAuthenticated' | 'unauthenticatedSinceMs' | 'activeMs'>;
  readonly frameStartedMs: number | undefined;
  readonly outputOverSinceMs: number | undefined;
  readonly inFlight: number;
}

export type Overdue =
  /** The peer does not take its replies: it would not take a message either. */
  | { readonly type: 'output' }
  | { readonly type: 'input'; readonly message: string }
  | { readonly type: 'idle' };

export function findOverdue(timing: Timing, limits: GatewayLimits, nowMs: number): Overdue | undefined {
  const { session, frameStartedMs, outputOverSinceMs } = timing;
  if (outputOverSinceMs !== undefined && nowMs - outputOverSinceMs >= limits.outputOverMs) {
    return { type: 'output' };
  }
  if (!session.isAuthenticated && nowMs - session.unauthenticatedSinceMs >= limits.unauthenticatedMs) {
    return { type: 'input', message: 'ERR no authentication in time' };
  }
  if (frameStartedMs !== undefined && nowMs - frameStartedMs >= limits.frameMs) {
    return { type: 'input', message: 'ERR a request was begun and not finished in time' };
  }
  const isIdle = limits.idleMs > 0 && timing.inFlight === 0 && nowMs - session.activeMs >= limits.idleMs;
  return isIdle ? { type: 'idle' } : undefined;
}
