/** The JSON texts that administration answers with, as schemas: the edge where they are parsed, once. */
import * as v from 'valibot';

const nodeStatus = v.looseObject({
  id: v.string(),
  address: v.string(),
  state: v.string(),
  predecessor: v.nullable(v.string()),
  successors: v.array(v.string()),
  partitionsLed: v.number(),
  records: v.number(),
});
export type NodeStatusReply = v.InferOutput<typeof nodeStatus>;

/** `RONDO.OVERLAY`: nodes in ring order. */
export const overlaySchema = v.array(nodeStatus);

const nodeStats = v.looseObject({
  reads: v.number(),
  writes: v.number(),
  hits: v.number(),
  misses: v.number(),
  evictions: v.number(),
  expirations: v.number(),
  records: v.number(),
  copies: v.number(),
  bytes: v.number(),
  partitionsWithoutQuorum: v.array(
    v.looseObject({ partition: v.number(), epoch: v.string(), waitsFor: v.array(v.string()) }),
  ),
});

/** `RONDO.STATS` */
export const statsSchema = v.looseObject({
  nodes: v.array(v.looseObject({ ...nodeStats.entries, id: v.string(), address: v.string() })),
  ring: nodeStats,
  latency: v.looseObject({
    count: v.number(),
    meanUs: v.number(),
    p50Us: v.number(),
    p90Us: v.number(),
    p99Us: v.number(),
    p999Us: v.number(),
    maxUs: v.number(),
  }),
  hops: v.looseObject({ lookups: v.number(), mean: v.number(), max: v.number() }),
});
export type StatsReply = v.InferOutput<typeof statsSchema>;

/** `RONDO.RECOVER` */
export const recoverySchema = v.looseObject({
  partition: v.number(),
  epoch: v.string(),
  records: v.number(),
  survivors: v.array(v.string()),
  lost: v.array(v.string()),
});

const peer = v.looseObject({ id: v.string(), address: v.string() });

/** `RONDO.TRACE` */
export const traceSchema = v.looseObject({
  key: v.string(),
  identifier: v.string(),
  partition: v.number(),
  hops: v.array(v.looseObject({ ...peer.entries, via: v.string(), micros: v.number() })),
  group: v.array(peer),
});
