/**
 * Machines for hosts, as network namespaces on this one: each has a cable to a switch, and cables are cut, slowed and made deaf with
 * iproute2. What happens in there is nobody else's network, and its loopback works whatever becomes of the cable.
 */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** How bad a cable is made. */
export interface Congestion {
  readonly delayMs: number;
  readonly lossPercent: number;
}

export interface Machine {
  readonly address: string;
  /** The words that run a command on the machine, before the command's own. */
  readonly enter: readonly string[];
}

const switchName = 'br0';
/** No machine has it: what is sent there is lost without a word. */
const nowhere = '02:00:00:00:00:fe';

export class Network {
  readonly machines: readonly Machine[];
  readonly #prefix: string;

  private constructor(prefix: string, count: number) {
    this.#prefix = prefix;
    this.machines = Array.from({ length: count }, (_, index) => ({
      address: `10.83.0.${index + 1}`,
      enter: ['ip', 'netns', 'exec', `${prefix}${index}`],
    }));
  }

  /** Why there can be no such network here; undefined when there can. */
  static async whyNot(): Promise<string | undefined> {
    const probe = `rondo-probe-${process.pid}`;
    try {
      await run('ip', ['netns', 'add', probe]);
      await run('ip', ['-n', probe, 'link', 'add', 'v0', 'type', 'veth', 'peer', 'name', 'v1']);
      await run('ip', ['-n', probe, 'link', 'add', switchName, 'type', 'bridge']);
      return undefined;
    } catch (error) {
      return error instanceof Error ? (error.message.trim().split('\n').pop() ?? '') : String(error);
    } finally {
      // It may never have been made.
      await run('ip', ['netns', 'del', probe]).catch(() => undefined);
    }
  }

  static async create(count: number): Promise<Network> {
    const network = new Network(`rondo-${process.pid}-`, count);
    try {
      await network.#build();
      return network;
    } catch (error) {
      await network.close();
      throw error;
    }
  }

  /** Pulls the machine's cable out, or plugs it in again. */
  async plug(machine: number, isIn: boolean): Promise<void> {
    await this.#in(this.#hub, 'link', 'set', `port${machine}`, isIn ? 'up' : 'down');
  }

  /** What the others send to the machine does not arrive any more, and what it sends does; or all arrives again. */
  async deafen(machine: number, isDeaf: boolean): Promise<void> {
    const { address } = this.#machine(machine);
    for (const other of this.machines.keys()) {
      if (other === machine) continue;
      const words = isDeaf ? ['replace', address, 'lladdr', nowhere, 'nud', 'permanent'] : ['del', address];
      await this.#in(`${this.#prefix}${other}`, 'neigh', ...words, 'dev', 'eth0');
    }
  }

  /**
   * Makes the machine's cable slow and lossy in both directions, or good again (undefined). Answers how: a kernel without netem has a
   * narrow cable with a short queue in its place, which delays and loses what is sent too fast.
   */
  async congest(machine: number, congestion: Congestion | undefined): Promise<'netem' | 'tbf'> {
    const ends = [
      [`${this.#prefix}${machine}`, 'eth0'],
      [this.#hub, `port${machine}`],
    ] as const;
    let how: 'netem' | 'tbf' = 'netem';
    for (const [where, device] of ends) {
      const tc = (...words: readonly string[]) => run('tc', ['-n', where, 'qdisc', ...words]);
      if (congestion === undefined) {
        await tc('del', 'dev', device, 'root');
        continue;
      }
      const { delayMs, lossPercent } = congestion;
      try {
        const netem = ['netem', 'delay', `${delayMs}ms`, `${delayMs / 2}ms`, 'loss', `${lossPercent}%`];
        await tc('add', 'dev', device, 'root', ...netem);
      } catch (error) {
        if (!String(error).includes('kind is unknown')) throw error;
        how = 'tbf';
        const narrow = ['tbf', 'rate', '2mbit', 'burst', '4kb', 'latency', `${delayMs}ms`];
        await tc('add', 'dev', device, 'root', ...narrow);
      }
    }
    return how;
  }

  /** Ends what still runs in it, and takes it away. */
  async close(): Promise<void> {
    const names = [this.#hub, ...this.machines.map((_, machine) => `${this.#prefix}${machine}`)];
    // What was never made cannot be taken away.
    for (const name of names) await run('ip', ['netns', 'del', name]).catch(() => undefined);
  }

  get #hub(): string {
    return `${this.#prefix}hub`;
  }

  async #build(): Promise<void> {
    await run('ip', ['netns', 'add', this.#hub]);
    await this.#in(this.#hub, 'link', 'add', switchName, 'type', 'bridge');
    await this.#in(this.#hub, 'link', 'set', switchName, 'up');
    for (const [index, { address }] of this.machines.entries()) {
      const [name, port] = [`${this.#prefix}${index}`, `port${index}`];
      await run('ip', ['netns', 'add', name]);
      await this.#in(this.#hub, 'link', 'add', port, 'type', 'veth', 'peer', 'name', 'eth0', 'netns', name);
      await this.#in(this.#hub, 'link', 'set', port, 'master', switchName);
      await this.#in(this.#hub, 'link', 'set', port, 'up');
      await this.#in(name, 'addr', 'add', `${address}/24`, 'dev', 'eth0');
      await this.#in(name, 'link', 'set', 'lo', 'up');
      await this.#in(name, 'link', 'set', 'eth0', 'up');
    }
  }

  #machine(index: number): Machine {
    const machine = this.machines[index];
    if (machine === undefined) throw new Error(`there is no machine ${index}`);
    return machine;
  }

  async #in(namespace: string, ...words: readonly string[]): Promise<void> {
    await run('ip', ['-n', namespace, ...words]);
  }
}
