/** The signals that end a program: the first asks it to leave, the second ends it at once. */

const codes = { SIGINT: 130, SIGTERM: 143 } as const;
type EndingSignal = keyof typeof codes;

export interface SignalWatch {
  /** Resolves with the first signal's name; never when none comes. */
  readonly raised: Promise<EndingSignal>;
  /** Gives the signals back to Node. */
  stop(): void;
}

/** `onFirst` runs as soon as the first signal is there. */
export function untilSignal(onFirst: (name: EndingSignal) => void): SignalWatch {
  let stop = (): void => undefined;
  const raised = new Promise<EndingSignal>((resolve) => {
    let isFirst = true;
    const hear = (name: EndingSignal) => (): void => {
      if (!isFirst) process.exit(codes[name]);
      isFirst = false;
      onFirst(name);
      resolve(name);
    };
    const listeners = { SIGINT: hear('SIGINT'), SIGTERM: hear('SIGTERM') };
    process.on('SIGINT', listeners.SIGINT);
    process.on('SIGTERM', listeners.SIGTERM);
    stop = () => {
      process.off('SIGINT', listeners.SIGINT);
      process.off('SIGTERM', listeners.SIGTERM);
    };
  });
  return { raised, stop: () => stop() };
}
