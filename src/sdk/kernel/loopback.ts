/** The address at which a host and its connector meet: this machine, and nobody else. */
export const LOOPBACK = "127.0.0.1";

/** Whether a host name or an address, with or without the brackets of a URL, can only mean this machine. */
export function isLoopback(host: string): boolean {
  const name = host.replace(/^\[(.*)\]$/, "$1").toLowerCase();
  return name === "localhost" || name === "::1" || /^127\.\d+\.\d+\.\d+$/.test(name);
}
