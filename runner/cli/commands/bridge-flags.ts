/** The flags of `up` that let hosts meet on NATS instead of dialling each other. */
import type { Command } from 'commander';
import { flag } from '../flag.js';

export interface BridgeFlags {
  readonly bridge?: string;
  readonly bridgeCa?: string;
  readonly bridgeCredentials?: string;
}

export function addBridgeFlags(command: Command): Command {
  return command
    .addOption(
      flag(
        '--bridge <url,...>',
        'NATS servers where hosts meet instead of --listen: nats://HOST:4222 or tls://...; --join and --advertise then take names',
      ).conflicts('listen'),
    )
    .addOption(flag('--bridge-ca <file>', "who signed the NATS servers' certificates, in PEM"))
    .addOption(
      flag('--bridge-credentials <file>', 'a .creds file, or the seed of a user NKEY, to log in to NATS'),
    );
}
