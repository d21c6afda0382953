/** What a connection speaks that was not meant for hosts of a ring: by its first bytes, for whoever reads the log. */

const http = 'is HTTP: point the browser or the scraper at the --http port';
const beginnings: readonly (readonly [beginning: string, what: string])[] = [
  ...['GET ', 'POST', 'HEAD', 'PUT ', 'DELE', 'OPTI', 'PATC', 'CONN', 'TRAC', 'PRI '].map(
    (word): readonly [string, string] => [word, http],
  ),
  ['HTTP', 'is an answer of a web server: it is no host of a ring'],
  [
    '\u0016\u0003',
    'is TLS: this end was started without --tls-ca, --tls-cert and --tls-key, or with --insecure',
  ],
  [
    '\u0015\u0003',
    'is an alert of TLS: the other end wants TLS, and this one was started without certificates',
  ],
  ['SSH-', 'is SSH'],
  ['*', 'is the Redis protocol: clients connect to the --resp port'],
  ['-ERR', 'is an answer of a Redis-protocol port: hosts connect to the --listen port'],
  ['-NOAU', 'is an answer of a Redis-protocol port: hosts connect to the --listen port'],
];

/** A clause about the frame whose first bytes, no frame at all, are given; undefined for what is nothing that is known. */
export function foreignProtocolOf(bytes: string): string | undefined {
  return beginnings.find(([beginning]) => bytes.startsWith(beginning))?.[1];
}
