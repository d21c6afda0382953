/** Shapes of the frames that are JSON (frames.ts). Fields that are not named here are passed over: a later version may have more. */
import type { RingConfig } from '../config.js';
import { replicasMax } from '../ring-options.js';
import type { Answer, Ask, Greeting, Members, Refused } from './frames.js';
import { parseJson, stringifyJson } from './json.js';
import {
  array,
  count,
  identifier,
  nullable,
  object,
  oneOf,
  peerFields,
  plain,
  text,
  where,
  whole,
  type Shape,
  type Source,
} from './shapes.js';
import { noWriter } from '../replication/version.js';

type Fields<F> = Shape<Omit<F, 'type'>>;
type JsonFrame = Greeting | Refused | Members | Ask | Answer;

const name = text(100);
const address = text(300);
const nodes = array(peerFields, 2 ** 16);
const hosts = array(address, 2 ** 12);
const anything = plain((json) => json);
const version = whole(1, 2 ** 16);
const ms = whole(1, 2 ** 30);

const config = object<RingConfig>({
  clusterId: name,
  replicas: whole(1, replicasMax),
  consistency: oneOf('eventual', 'linearizable'),
  partitions: where(whole(256, 4_096), (partitions) =>
    Number.isInteger(Math.log2(partitions)) ? undefined : `is ${partitions}, not a power of two`,
  ),
  successors: whole(1, 32),
  placement: oneOf('balanced', 'hash'),
  overlay: oneOf('chord', 'kademlia'),
  maxEntries: count,
  maxBytes: count,
  keyBytesMax: whole(1, 2 ** 24),
  valueBytesMax: whole(1, 2 ** 29),
  stabilizeIntervalMs: ms,
  questionTimeoutMs: ms,
  antiEntropyIntervalMs: ms,
  tombstoneMs: ms,
  clockSkewMsMax: ms,
  hintBytesMax: count,
  hintAgeMsMax: ms,
  evictionSlackEntries: count,
  departMs: ms,
});

const greeting: Fields<Greeting> = where(
  object({
    versionLow: version,
    versionHigh: version,
    clusterName: name,
    clusterId: nullable(name),
    boot: count,
    address,
    wants: oneOf('join', 'link'),
    config: nullable(config),
    nodes,
    hosts,
  }),
  (given) => {
    if (given.versionLow > given.versionHigh)
      return `speaks versions ${given.versionLow} to ${given.versionHigh}`;
    return (given.config?.clusterId ?? null) === given.clusterId
      ? undefined
      : 'has a configuration of another ring than its own';
  },
);

export const frameShapes: { readonly [T in JsonFrame['type']]: Fields<Extract<JsonFrame, { type: T }>> } = {
  greeting,
  refused: object({ code: name, reason: text(1_000) }),
  members: object({ added: nodes, gone: array(identifier), hosts }),
  ask: object({ id: count, question: anything }),
  answer: object({ id: count, outcome: anything }),
};

/** Throws WireError when it is too long. */
export function writeJsonFrame(frame: JsonFrame): string {
  return stringifyJson(frame.type, frame);
}

/** Throws WireError. */
export function readJsonFrame<T extends JsonFrame['type']>(
  type: T,
  json: string,
): Extract<JsonFrame, { type: T }> {
  const shape = frameShapes[type] as Shape<object>;
  const source: Source = {
    frame: type,
    limits: none,
    from: noWriter,
    raw: '',
    rawAt: 0,
    peers: [],
    path: [],
  };
  return { type, ...shape.read(parseJson(type, json), source) } as Extract<JsonFrame, { type: T }>;
}

/** No field of these is bounded by a ring's limits. */
const none = { clusterId: '', partitions: 0, keyBytesMax: 0, valueBytesMax: 0 };
