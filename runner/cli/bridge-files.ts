/** What the flags of a bridge over NATS name: files read, and what is worth a warning. */
import type { BridgeOptions } from '../../src/bridge-options.js';
import { exposureOfNats, parseNatsServers } from '../../src/nats-options.js';
import type { BridgeFlags } from './commands/bridge-flags.js';
import { readableByOthers, readText } from './tls-files.js';

export interface LoadedBridge {
  readonly options: Pick<BridgeOptions, 'bridge' | 'bridgeCa' | 'bridgeCredentials'>;
  readonly warnings: readonly string[];
}

/** Throws RondoError INVALID_ARGUMENT. What is refused as a whole is refused by checkBridge. */
export function loadBridge(flags: BridgeFlags, insecure: boolean): LoadedBridge {
  const { bridge, bridgeCa, bridgeCredentials } = flags;
  const options = {
    ...(bridge === undefined ? {} : { bridge }),
    ...(bridgeCa === undefined ? {} : { bridgeCa: readText('--bridge-ca', bridgeCa) }),
    ...(bridgeCredentials === undefined
      ? {}
      : { bridgeCredentials: readText('--bridge-credentials', bridgeCredentials) }),
  };
  if (bridge === undefined) return { options, warnings: [] };
  const servers = parseNatsServers(bridge);
  const exposure = exposureOfNats(servers, bridgeCredentials !== undefined, insecure);
  return {
    options,
    warnings: [
      ...(servers.login.type === 'none'
        ? []
        : [
            'other users of this machine see the credentials in --bridge in the list of processes: --bridge-credentials FILE hides them',
          ]),
      ...(bridgeCredentials === undefined ? [] : readableByOthers('--bridge-credentials', bridgeCredentials)),
      ...(exposure.type === 'open' ? [exposure.warning] : []),
    ],
  };
}
