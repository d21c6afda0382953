/** What a connection has said about itself: its protocol, its name, whether it may speak. */
import type { Protocol } from './resp-writer.js';

export interface Session {
  readonly id: number;
  /** The peer's and our own end, `host:port`. */
  readonly address: string;
  readonly localAddress: string;
  readonly createdMs: number;
  protocol: Protocol;
  isAuthenticated: boolean;
  /** Since when it has owed a password: its beginning, or RESET. */
  unauthenticatedSinceMs: number;
  name: string;
  libraryName: string;
  libraryVersion: string;
  /** When the last byte came. */
  activeMs: number;
  lastCommand: string;
  noEvict: boolean;
  noTouch: boolean;
  /** The last reply is on its way: nothing more is read. */
  isQuitting: boolean;
}

export function createSession(
  id: number,
  address: string,
  localAddress: string,
  nowMs: number,
  isAuthenticated: boolean,
): Session {
  return {
    id,
    address,
    localAddress,
    createdMs: nowMs,
    protocol: 2,
    isAuthenticated,
    unauthenticatedSinceMs: nowMs,
    name: '',
    libraryName: '',
    libraryVersion: '',
    activeMs: nowMs,
    lastCommand: '',
    noEvict: false,
    noTouch: false,
    isQuitting: false,
  };
}
