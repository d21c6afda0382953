/** What watches an arena from outside its nodes: the white-box side, which needs to know the engines. */
import type { Identifier } from '../../../src/chord/identifier.js';
import type { EngineDoors } from '../../../src/replication/engine.js';
import type { ArenaObserver } from './arena-world.js';

export interface ArenaMonitor<Engine extends EngineDoors> extends Pick<
  ArenaObserver<Engine>,
  'named' | 'started' | 'replying' | 'turned' | 'ended'
> {
  /** Views decided after the founders' ones. */
  readonly viewChanges: number;
  /** Somebody accepts that changes of the partition are lost. */
  recovering(partition: number): void;
  /** Whether the partition could go on if only these nodes lived. */
  quorumHolds(partition: number, living: ReadonlySet<Identifier>): boolean;
  /** What is not as it must be in an undisturbed ring, of those partitions (I13); undefined when nothing is. */
  findUnrest(of: (partition: number) => boolean): string | undefined;
  /** One partition as its nodes have it, for reports. */
  describe(partition: number): string;
}

export type MonitorMaker<Engine extends EngineDoors> = (
  partitions: number,
  violated: (invariant: string, detail: string) => void,
  ports: MonitorPorts,
) => ArenaMonitor<Engine>;

export interface MonitorPorts {
  /** What a client's unanswered request reads; undefined when it is no get. */
  keyOfRead(client: number, id: number): { readonly key: string; readonly partition: number } | undefined;
  /** A partition goes on with what its survivors held. */
  lineageBegan(partition: number): void;
}

/** Sees nothing. */
export function createBlindMonitor<Engine extends EngineDoors>(): ArenaMonitor<Engine> {
  const nothing = (): void => undefined;
  return {
    named: nothing,
    started: nothing,
    replying: nothing,
    turned: nothing,
    ended: nothing,
    recovering: nothing,
    viewChanges: 0,
    quorumHolds: () => true,
    findUnrest: () => undefined,
    describe: () => '',
  };
}
