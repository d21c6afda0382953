/** Addresses of hosts: `HOST:PORT` as people write them, with IPv6 addresses in brackets. */

export interface HostAddress {
  /** A name or an IP address, without brackets. */
  readonly host: string;
  /** 0 = any free port, where one listens. */
  readonly port: number;
}

const pattern = /^(?:\[([0-9a-fA-F:.%]+)\]|([^\s:[\]/]+)):(\d{1,5})$/;

/** Undefined when the text is none. */
export function parseHostAddress(text: string): HostAddress | undefined {
  const match = pattern.exec(text.trim());
  const host = match?.[1] ?? match?.[2];
  const port = Number(match?.[3]);
  return host === undefined || port > 65_535 ? undefined : { host, port };
}

export function formatHostAddress({ host, port }: HostAddress): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}

/** Whether only this machine can come from or go to there. */
export function isLoopbackHost(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127(?:\.\d{1,3}){3}$/.test(host);
}

/** Whether it means every address of the machine, so that nobody can dial it. */
export function isAnyHost(host: string): boolean {
  return host === '0.0.0.0' || host === '::';
}
