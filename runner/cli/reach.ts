/** How a client command reaches its ring: the address, the password, and the authority that vouches for the other end. */
import type { RespClientOptions } from '../gateway/resp-client.js';
import type { ClientOptions } from './context.js';
import { readPasswords } from './passwords.js';
import { loadAuthority } from './tls-files.js';

export interface Reach {
  readonly host: string;
  readonly port: number;
  readonly options: Pick<RespClientOptions, 'password' | 'ca'>;
}

/** Reads the files that the flags name. Throws INVALID_ARGUMENT when they do not hold what they should. */
export function reachOf({ connect, password, passwordFile, tlsCa }: ClientOptions): Reach {
  const given = password === undefined ? undefined : [password];
  // During a rotation a file may hold two: the first is as valid as the second.
  const [first] = readPasswords({ flag: '--password', given, file: passwordFile });
  const options = {
    ...(first === undefined ? {} : { password: first }),
    ...(tlsCa === undefined ? {} : { ca: loadAuthority(tlsCa, Date.now()) }),
  };
  return { host: connect.host, port: connect.port, options };
}
