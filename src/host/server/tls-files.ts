/** The PEM files of `serve`. Certificates are renewed by replacing files, so they are read again when they change. */

import { X509Certificate } from "node:crypto";
import { readFile, stat } from "node:fs/promises";
import type { Clock } from "#kernel/clock.ts";
import { BatonError, Code } from "#kernel/errors.ts";
import type { Logger } from "#kernel/logger.ts";
import { describeReason, describeUnreadable } from "#kernel/system-error.ts";
import type { TlsFiles } from "#wire/tls.ts";
import { type PemFiles, readTlsFiles } from "./serve-tls.ts";

/** Where the files are. */
export type TlsPaths = Readonly<Record<keyof PemFiles, string>>;

/**
 * How often the files are looked at. Change notifications do not work on every file system, nor for what Kubernetes
 * changes: it turns a link to the directory of all files.
 */
const LOOK_MS = 1_000;

export interface WatchOptions {
  readonly clock: Clock;
  readonly log: Logger;
  /** Ends the watch. */
  readonly signal: AbortSignal;
  /** Takes the new files into use; throws if that is not possible. */
  readonly onChange: (files: TlsFiles) => void;
}

/** Certificate, key and authority from three files, checked together. */
export class TlsFileSet {
  readonly #paths: TlsPaths;
  /** A value that changes with the state of the files. */
  #state: string;
  #files: TlsFiles;

  private constructor(paths: TlsPaths, state: string, files: TlsFiles) {
    this.#paths = paths;
    this.#state = state;
    this.#files = files;
  }

  /** @throws BatonError Unknown if one cannot be read or does not hold what it should, or they do not fit together. */
  static async open(paths: TlsPaths): Promise<TlsFileSet> {
    const state = await describeState(paths);
    return new TlsFileSet(paths, state, await readAll(paths));
  }

  /** What was read last and is in order. */
  get files(): TlsFiles {
    return this.#files;
  }

  /**
   * Looks for changes until the signal is aborted; never rejects. Files that are still being changed are left alone until
   * they rest for a moment, since a certificate and its key are seldom replaced at once. Those that cannot be used
   * change nothing but the log.
   */
  async watch({ clock, log, signal, onChange }: WatchOptions): Promise<void> {
    let seen = this.#state;
    for (;;) {
      try {
        await clock.sleep(LOOK_MS, signal);
      } catch {
        return;
      }
      const state = await describeState(this.#paths);
      const rests = state === seen;
      seen = state;
      if (!rests || state === this.#state) continue;
      this.#state = state;
      try {
        await this.#renew(log, onChange);
      } catch (error) {
        log.warn("the TLS files have changed and cannot be used; the previous ones stay in use", { error });
      }
    }
  }

  async #renew(log: Logger, onChange: WatchOptions["onChange"]): Promise<void> {
    const files = await readAll(this.#paths);
    if (isSame(files, this.#files)) return;
    onChange(files);
    this.#files = files;
    const { validToDate } = new X509Certificate(files.cert);
    log.info("the TLS files have changed; new connections use them", {
      valid_until: validToDate.toISOString(),
    });
  }
}

async function readAll({ cert, key, clientCa }: TlsPaths): Promise<TlsFiles> {
  // One after the other, so that of several unreadable files always the same one is reported.
  return readTlsFiles({
    cert: await readPem("--tls-cert-path", cert),
    key: await readPem("--tls-key-path", key),
    clientCa: await readPem("--tls-client-ca-path", clientCa),
  });
}

async function readPem(flag: string, path: string): Promise<Buffer> {
  try {
    return await readFile(path);
  } catch (cause) {
    throw new BatonError(Code.Unknown, `${flag}: cannot read ${path}: ${describeUnreadable(cause)}`, {
      kind: "configuration",
      cause,
    });
  }
}

async function describeState(paths: TlsPaths): Promise<string> {
  const states = Object.values(paths).map(async (path) => {
    try {
      const { dev, ino, size, mtimeMs, ctimeMs } = await stat(path);
      return [dev, ino, size, mtimeMs, ctimeMs].join(" ");
    } catch (error) {
      return describeReason(error);
    }
  });
  return (await Promise.all(states)).join("\n");
}

function isSame(a: TlsFiles, b: TlsFiles): boolean {
  return a.ca.equals(b.ca) && a.cert.equals(b.cert) && a.key.equals(b.key);
}
