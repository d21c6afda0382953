/** `certs`: the flags of making the certificates of a cluster. */
import type { Command } from 'commander';
import { jsonFlag, withExamples, type Context } from '../context.js';
import { flag, numberFlag } from '../flag.js';

export interface AuthorityFlags {
  readonly out: string;
  readonly cluster: string;
  readonly days: number;
  readonly json?: true;
}

export interface HostFlags {
  readonly ca: string;
  readonly out?: string;
  readonly days: number;
  readonly json?: true;
}

const daysMax = 36_500;

export function registerCerts(program: Command, context: Context): void {
  const certs = program
    .command('certs')
    .description("make the certificates by which a ring's hosts know each other, and clients a ring")
    .addHelpText('after', explanation);

  const authority = certs
    .command('ca')
    .description('make the authority of a cluster: ca.crt goes to every host and client, ca.key to none')
    .addOption(flag('--out <directory>', 'where ca.crt and ca.key go').makeOptionMandatory())
    .addOption(flag('--cluster <name>', 'whose it is, for people to read').default('rondo'))
    .addOption(numberFlag('--days <count>', 'how long it is valid', 1, daysMax).default(3_650))
    .addOption(jsonFlag());
  withExamples(authority, ['certs ca --out authority']).action(async (options: AuthorityFlags) => {
    const { makeAuthority } = await import('../run-certs.js');
    await makeAuthority(options, context.output);
  });

  const host = certs
    .command('host')
    .argument(
      '<names...>',
      'DNS names and IP addresses by which others reach the host; the first names the files',
    )
    .description('make the certificate of one host, signed by the authority')
    .addOption(flag('--ca <directory>', 'where ca.crt and ca.key are').makeOptionMandatory())
    .addOption(flag('--out <directory>', "where NAME.crt, NAME.key and a copy of ca.crt go (--ca's)"))
    .addOption(
      numberFlag(
        '--days <count>',
        'how long it is valid, at most as long as the authority',
        1,
        daysMax,
      ).default(365),
    )
    .addOption(jsonFlag());
  withExamples(host, [
    'certs host node1.example.org,10.0.0.1 --ca authority --out node1',
    'certs host node2 127.0.0.1 localhost --ca authority',
  ]).action(async (names: string[], options: HostFlags) => {
    const { makeHost } = await import('../run-certs.js');
    await makeHost(names, options, context.output);
  });
}

const explanation = `
A host takes them as --tls-ca ca.crt --tls-cert NAME.crt --tls-key NAME.key, a client as --tls-ca ca.crt.
Whoever holds ca.key can make hosts of the ring: keep it off the hosts. No file is ever overwritten.

Examples:
  rondo certs ca --out authority
  rondo certs host node1.example.org,10.0.0.1 --ca authority --out node1`;
