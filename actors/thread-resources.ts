/** What a thread holds of its process: soaks look whether it grows. */
import { getHeapStatistics } from 'node:v8';

export interface ThreadResources {
  /** A node's address, or what the thread is. */
  readonly thread: string;
  readonly heapBytes: number;
  /** Open ports, sockets, timers and the like. */
  readonly handles: number;
  /** Of a node: packets to other nodes, each of which carries all that a turn had for one of them. */
  readonly packetsSent?: number;
}

/** Of the calling thread. Under `node --expose-gc` the heap is collected first, so that only what is reachable counts. */
export function threadResources(thread: string): ThreadResources {
  globalThis.gc?.();
  const { used_heap_size: heapBytes } = getHeapStatistics();
  return { thread, heapBytes, handles: process.getActiveResourcesInfo().length };
}
