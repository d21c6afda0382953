/** The flags of `up` that say who may come in, and what a client may take. */
import type { Command } from 'commander';
import { InvalidArgumentError } from 'commander';
import type { TlsFlags } from '../tls-files.js';
import { flag, numberFlag } from '../flag.js';
import { defaultLimits, type GatewayLimits } from '../../gateway/limits.js';

export interface DoorFlags extends TlsFlags {
  readonly insecure?: true;
  /** One, or two during a rotation. */
  readonly respPassword?: readonly string[];
  readonly respPasswordFile?: string;
  /** auto: beyond loopback, when certificates are given. */
  readonly respTls: 'auto' | 'on' | 'off';
  /** Default: on at loopback, off elsewhere. */
  readonly respDestructive?: 'on' | 'off';
  readonly respConnections: number;
  readonly respLimit?: Partial<GatewayLimits>;
}

/** What a record may be is the ring's matter, not the gateway's. */
const limitNames = Object.keys(defaultLimits)
  .filter((name): name is keyof GatewayLimits => name in defaultLimits)
  .filter((name) => name !== 'keyBytesMax' && name !== 'valueBytesMax');

export function addDoorFlags(command: Command): Command {
  return command
    .addOption(flag('--tls-ca <file>', "the cluster's authority, in PEM (see: rondo certs)"))
    .addOption(flag('--tls-cert <file>', "this host's certificate, in PEM"))
    .addOption(flag('--tls-key <file>', 'the key of the certificate'))
    .addOption(flag('--insecure', 'serve other machines without TLS or password; said at every start'))
    .addOption(
      flag(
        '--resp-password <password>',
        'asked of Redis clients; twice: both are valid. Others see it in the list of processes',
      ).argParser((text: string, before: readonly string[] = []) => [...before, text]),
    )
    .addOption(
      flag('--resp-password-file <file>', 'holds the password, or two on two lines').conflicts(
        'respPassword',
      ),
    )
    .addOption(
      flag('--resp-tls <when>', 'TLS for Redis clients; auto: beyond loopback, when there is --tls-cert')
        .choices(['auto', 'on', 'off'])
        .default('auto'),
    )
    .addOption(
      flag(
        '--resp-destructive <when>',
        'FLUSHALL, RONDO.KILL, RONDO.RECOVER (on at loopback, off elsewhere)',
      ).choices(['on', 'off']),
    )
    .addOption(numberFlag('--resp-connections <count>', 'Redis clients at a time', 1, 20_000).default(1_024))
    .addOption(
      flag(
        '--resp-limit <name=value,...>',
        `of what a Redis client may take: ${limitNames.join(', ')} (docs/security.md)`,
      ).argParser(parseLimits),
    );
}

function parseLimits(text: string, before: Partial<GatewayLimits> = {}): Partial<GatewayLimits> {
  const entries = text.split(',').map((part) => {
    const [name = '', value = ''] = part.trim().split('=', 2);
    const known = limitNames.find((each) => each === name);
    if (known === undefined) {
      throw new InvalidArgumentError(`There is no limit '${name}': they are ${limitNames.join(', ')}.`);
    }
    const number = /^\d{1,15}$/.test(value) ? Number(value) : NaN;
    const least = known === 'idleMs' ? 0 : 1;
    if (!(number >= least)) {
      throw new InvalidArgumentError(`${name} must be a whole number of at least ${least}.`);
    }
    return [known, number] as const;
  });
  return { ...before, ...Object.fromEntries(entries) };
}
