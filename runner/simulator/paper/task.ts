/** A Piscina worker that measures: one call, one experiment with one seed. */
import { measureChurn } from './churn.js';
import type { Figures, Measurement } from './experiment.js';
import { measureFailures } from './failures.js';
import { measureLoad } from './load.js';
import { measurePathLength } from './path-length.js';
import { measureSpeed } from './speed.js';

export interface PaperTask {
  readonly seed: number;
  readonly measurement: Measurement;
}

/** Named export for Piscina. Figures have the names under which they are printed. */
export async function measure({ seed, measurement }: PaperTask): Promise<Figures> {
  switch (measurement.type) {
    case 'speed': {
      const { perWallSecond, perProcessorSecond } = await measureSpeed({ seed, ...measurement });
      return { 'per second': perWallSecond, 'per processor second': perProcessorSecond };
    }
    case 'pathLength': {
      const { path, failures } = await measurePathLength({ seed, ...measurement });
      return { path, failures };
    }
    case 'load': {
      const { percentile99, largest } = measureLoad({ seed, ...measurement });
      return { '99th percentile': percentile99, largest };
    }
    case 'failures': {
      const { path, timeouts, succeeded } = await measureFailures({ seed, ...measurement });
      return { path, timeouts, succeeded };
    }
    case 'churn': {
      const { path, timeouts, failures, behindJoiner, lookups } = await measureChurn({
        seed,
        ...measurement,
      });
      const perTenThousand = (count: number): number => (count / Math.max(lookups, 1)) * 10_000;
      return {
        path,
        timeouts,
        'failures per 10,000': perTenThousand(failures),
        'of them behind a joiner': perTenThousand(behindJoiner),
      };
    }
  }
}
