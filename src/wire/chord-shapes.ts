/** Shapes of Chord's messages (messages.ts). */
import type { DirectoryEntry } from '../chord/directory.js';
import type { ChordMessage } from './messages.js';
import { requestId, sender, type ShapesOf } from './shape-parts.js';
import { array, count, flag, identifier, nullable, object, oneOf, peer, text } from './shapes.js';

const directory = array(object<DirectoryEntry>({ peer, dead: flag }));
/** More than a successor list may have. */
const peers = array(peer, 64);

export const chordShapes: ShapesOf<ChordMessage> = {
  getNeighbours: object({ requestId, directoryAfter: count, directory }),
  neighbours: object({
    requestId,
    self: sender,
    predecessor: nullable(peer),
    successors: peers,
    directory,
    directoryThrough: count,
  }),
  busy: object({ requestId }),
  ping: object({ requestId }),
  pong: object({ requestId }),
  notify: object({ peer: sender }),
  newPredecessor: object({ peer }),
  getNextHop: object({ requestId, target: identifier, avoid: array(identifier) }),
  nextHop: object({ requestId, kind: oneOf('home', 'hop'), via: text(100), peers }),
  leaving: object({ peer: sender }),
};
