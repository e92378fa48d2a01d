import { existsSync } from "node:fs";
import { lstat, unlink } from "node:fs/promises";
import { connect } from "node:net";
import { dirname } from "node:path";
import { BatonError, Code } from "#kernel/errors.ts";
import { isLoopback } from "#kernel/loopback.ts";
import { describeReason, describeSystemFault, systemCodeOf, toFaultError } from "#kernel/system-error.ts";

/** Where a server listens: a TCP address or a Unix socket. */
export type ListenAddress =
  | { readonly kind: "tcp"; readonly host: string; readonly port: number }
  | { readonly kind: "unix"; readonly path: string };

const SOCKET_PREFIX = "unix:";
const MAX_PORT = 65_535;

/** Reads `host:port`, `[::1]:port`, `unix:/path` or `unix:///path`; undefined if it is none of them. */
export function parseListenAddress(text: string): ListenAddress | undefined {
  if (text.startsWith(SOCKET_PREFIX)) {
    const path = text.slice(SOCKET_PREFIX.length).replace(/^\/\//, "");
    return path === "" ? undefined : { kind: "unix", path };
  }
  const [, bracketed, plain, digits = ""] = /^(?:\[([^\]]+)\]|([^:[\]]+)):(\d{1,5})$/.exec(text) ?? [];
  const host = bracketed ?? plain;
  const port = Number(digits);
  return host === undefined || port > MAX_PORT ? undefined : { kind: "tcp", host, port };
}

/** Whether only this machine can reach the address. */
export function isLocal(address: ListenAddress): boolean {
  return address.kind === "unix" || isLoopback(address.host);
}

export function formatListenAddress(address: ListenAddress): string {
  if (address.kind === "unix") return `${SOCKET_PREFIX}${address.path}`;
  return `${address.host.includes(":") ? `[${address.host}]` : address.host}:${address.port}`;
}

/** Longest path of a Unix socket in bytes, the smallest of all systems'; see unix(7). */
const MAX_SOCKET_PATH = 103;

/**
 * Why a server could not listen.
 *
 * @param setting the flag that chooses another place
 */
export function listenError(address: ListenAddress, cause: unknown, setting: string): BatonError {
  const fault = describeSystemFault(cause);
  if (fault?.code === Code.ResourceExhausted) {
    return toFaultError(fault, cause, `listen on ${formatListenAddress(address)}`);
  }
  const reason = findReason(address, cause);
  return new BatonError(
    Code.FailedPrecondition,
    `cannot listen on ${formatListenAddress(address)}: ${reason}; choose another ${setting}`,
    { kind: "configuration", cause },
  );
}

function findReason(address: ListenAddress, cause: unknown): string {
  if (address.kind === "tcp") {
    if (systemCodeOf(cause) === "ENOTFOUND") return "there is no such host";
  } else if (Buffer.byteLength(address.path) > MAX_SOCKET_PATH) {
    return `the path of a socket can have at most ${MAX_SOCKET_PATH} bytes`;
  } else if (!existsSync(dirname(address.path))) {
    // Node calls this EACCES.
    return `the directory ${dirname(address.path)} does not exist`;
  }
  return describeReason(cause);
}

/**
 * Removes a socket file that a killed process has left behind; listening would fail on it.
 *
 * @throws BatonError FailedPrecondition if something else stands there, or somebody still listens.
 */
export async function removeStaleSocket(path: string): Promise<void> {
  const entry = await lstat(path).catch(() => undefined);
  if (entry === undefined) return;
  if (!entry.isSocket()) throw refuse(`${path} exists and is not a socket`);
  if (await isAnswered(path)) throw refuse(`another process is listening on ${path}`);
  await unlink(path);
}

function isAnswered(path: string): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const socket = connect(path);
  socket.once("connect", () => resolve(true));
  socket.once("error", () => resolve(false));
  return promise.finally(() => socket.destroy());
}

function refuse(problem: string): BatonError {
  return new BatonError(Code.FailedPrecondition, `${problem}; choose another --listen`, {
    kind: "configuration",
  });
}
