/** The NATS client library: an optional dependency, loaded only by hosts that use it. */
import type * as nats from '@nats-io/transport-node';
import { RondoError } from '../../errors.js';

export type NatsLibrary = typeof nats;

const packageName = '@nats-io/transport-node';

/** Throws RondoError UNSUPPORTED when it is not installed. */
export async function loadNats(
  load: () => Promise<NatsLibrary> = () => import('@nats-io/transport-node'),
): Promise<NatsLibrary> {
  try {
    return await load();
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? cause.code : undefined;
    if (code !== 'ERR_MODULE_NOT_FOUND' && code !== 'MODULE_NOT_FOUND') throw cause;
    throw new RondoError(
      'UNSUPPORTED',
      `a bridge over NATS needs the package ${packageName}, which is not installed: npm install ${packageName}`,
      { cause },
    );
  }
}
