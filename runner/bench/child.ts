/** Processes of a benchmark: each is told once what to be, says when it is ready, and ends with its parent. */
import { fork, type ChildProcess } from 'node:child_process';
import { fileURLToPath } from 'node:url';

export interface Child<T> {
  readonly process: ChildProcess;
  /** What it said first. */
  readonly ready: T;
  stop(): Promise<void>;
}

/** `name` is a file beside this one. Rejects when the process ends before it is ready. */
export async function startChild<T>(name: string, task: object): Promise<Child<T>> {
  const child = fork(fileURLToPath(new URL(`./${name}.js`, import.meta.url)), [], {
    serialization: 'advanced',
  });
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const ready = new Promise<T>((resolve, reject) => {
    child.once('message', (message) => resolve(message as T));
    child.once('error', reject);
    child.once('exit', (code) => reject(new Error(`${name} has ended with ${code} before it was ready`)));
  });
  child.send(task);
  return {
    process: child,
    ready: await ready,
    stop: () => {
      if (child.connected) child.disconnect();
      return ended;
    },
  };
}
