/** Addresses as they are written and read: `host:port`, `[::1]:port`. */

export function formatAddress(host: string, port: number): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}
