/**
 * Whether a `NO_PROXY` list excepts a host, by the rules that curl and Go have in common. Entries are separated by
 * commas or blanks, in any case:
 *
 * - `*` excepts everything;
 * - `example.com` and `.example.com` except that name and everything below it, `*.example.com` only what is below;
 * - `10.1.2.3` and `::1`, with or without brackets, except that address;
 * - `10.0.0.0/8` and `fd00::/8` except the addresses of that range, not names that lead there;
 * - `:8443` at the end of any of these (an IPv6 address then needs its brackets) limits it to that port.
 *
 * What is none of these excepts nothing. As in Go, a port can be given; curl does not know that.
 *
 * @param hostname without port; an IPv6 address may have its brackets
 */
export function isExcepted(hostname: string, port: number, list: string): boolean {
  const host = stripName(hostname);
  return list
    .toLowerCase()
    .split(/[\s,]+/)
    .some((entry) => entry !== "" && matches(entry, host, port));
}

function matches(text: string, host: string, port: number): boolean {
  const entry = splitPort(text);
  if (entry.port !== undefined && entry.port !== port) return false;
  if (entry.host === "*") return true;
  const { isIP } = process.getBuiltinModule("node:net");
  if (isIP(host) !== 0) return isInRange(host, entry.host);
  const isBelowOnly = entry.host.startsWith("*.");
  const name = stripName(entry.host.replace(/^\*?\./, ""));
  if (name === "") return false;
  return host.endsWith(`.${name}`) || (!isBelowOnly && host === name);
}

/** A bare IPv6 address has colons of its own, so a port only follows brackets or the one colon there is. */
function splitPort(entry: string): { readonly host: string; readonly port: number | undefined } {
  const parts = /^(\[[^\]]*\](?:\/\d+)?|[^:]*):(\d+)$/.exec(entry);
  return parts === null ? { host: entry, port: undefined } : { host: parts[1] ?? "", port: Number(parts[2]) };
}

/** Whether an address is the one that `range` names, or within it. */
function isInRange(address: string, range: string): boolean {
  const { BlockList, isIP } = process.getBuiltinModule("node:net");
  const [, network = "", bits] = /^\[?([^\]/]*)\]?(?:\/(\d{1,3}))?\]?$/.exec(range) ?? [];
  const family = isIP(network);
  const longest = family === 4 ? 32 : 128;
  const prefix = bits === undefined ? longest : Number(bits);
  if (family === 0 || prefix > longest) return false;
  const list = new BlockList();
  list.addSubnet(network, prefix, family === 4 ? "ipv4" : "ipv6");
  return list.check(address, isIP(address) === 4 ? "ipv4" : "ipv6");
}

/** Without brackets and the dot at the end of a complete name. */
function stripName(host: string): string {
  return host
    .toLowerCase()
    .replace(/^\[(.*)\]$/, "$1")
    .replace(/\.$/, "");
}
