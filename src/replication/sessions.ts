/** Questions of anti-entropy: one outstanding per peer, asked up to three times with back-off, then left for later. */
import type { Identifier } from '../chord/identifier.js';
import { raisePending } from './engine-state.js';
import type { Replica, Session } from './replica.js';

const triesMax = 3;

export function sessionWith(replica: Replica, peer: Identifier): Session {
  let session = replica.sessions.get(peer);
  if (session === undefined) {
    session = {
      peer,
      question: undefined,
      sentAtMs: 0,
      tries: 0,
      notBeforeMs: 0,
      comparing: new Map(),
      lacks: [],
      lacksAt: 0,
      repairs: 0,
    };
    replica.sessions.set(peer, session);
  }
  return session;
}

/** Asks, and keeps the question until `takeAnswer`. The session must have none outstanding. */
export function ask(replica: Replica, session: Session, question: NonNullable<Session['question']>): void {
  session.question = question;
  session.sentAtMs = replica.environment.clock.nowMs();
  session.tries = 1;
  replica.environment.send(session.peer, question);
  raisePending(replica);
}

/** The session whose outstanding question this answers, or undefined when it comes too late or twice. */
export function takeAnswer(replica: Replica, from: Identifier, requestId: number): Session | undefined {
  const session = replica.sessions.get(from);
  if (session?.question?.requestId !== requestId) return undefined;
  session.question = undefined;
  return session;
}

/** Asks again what was not answered, or abandons it: what was to be repaired is still marked, and tried again later. */
export function tickSessions(replica: Replica, nowMs: number): void {
  const { config, send } = replica.environment;
  for (const [peer, session] of replica.sessions) {
    if (replica.overlay?.isDead(peer) === true) {
      replica.sessions.delete(peer);
      continue;
    }
    if (session.question === undefined) continue;
    if (nowMs - session.sentAtMs < config.questionTimeoutMs * 2 ** (session.tries - 1)) continue;
    if (session.tries < triesMax) {
      session.tries++;
      session.sentAtMs = nowMs;
      send(peer, session.question);
    } else {
      session.question = undefined;
      session.lacks = [];
      session.notBeforeMs = nowMs + config.antiEntropyIntervalMs / 2;
    }
  }
}
