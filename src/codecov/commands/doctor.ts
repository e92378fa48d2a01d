import { lookup } from "node:dns/promises";
import { access, constants } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import type { Invocation } from "#cli/command.ts";
import { loadConnectorConfig, loadSettings } from "#cli/load-settings.ts";
import { print, tell } from "#cli/standard-output.ts";
import { CodecovConnection } from "#codecov/connection.ts";
import { type Check, type CheckStatus, exitCodeOf } from "#codecov/doctor/check.ts";
import { examine } from "#codecov/doctor/examine.ts";
import type { CodecovConfig } from "#codecov/fields.ts";
import { loadFields } from "#config/load.ts";
import { systemClock } from "#kernel/clock.ts";
import { silentLogger } from "#kernel/logger.ts";
import { systemCodeOf } from "#kernel/system-error.ts";
import { toVisibleLine } from "#kernel/visible-text.ts";
import { doctorFields } from "./doctor-fields.ts";
import { endOnSignal } from "./report-output.ts";

/** Longest time that the checks spend waiting for a busy Codecov, all together. */
const MAX_WAIT_MS = 15_000;

/** `doctor`: whether everything is in place, and what to do where it is not. Changes nothing and takes no seat. */
export async function run(invocation: Invocation): Promise<number> {
  const settings = await loadSettings(invocation);
  const { format = "table", store } = loadFields(doctorFields, [], settings.sources);
  const config = loadConnectorConfig(invocation, settings) as CodecovConfig;
  for (const warning of settings.warnings) tell(`${invocation.redactor.toLine(warning)}\n`);
  const { redactor } = invocation;
  const connection = new CodecovConnection(config, {
    provisioning: false,
    httpTimeoutMs: settings.sdk.httpTimeoutSeconds * 1_000,
    registerSecret: (secret) => redactor.register(secret),
    redact: (text) => redactor.redact(text),
  });
  let exitCode = 0;
  try {
    const ended = await endOnSignal(async (signal) => {
      const ctx = { signal, log: silentLogger, clock: systemClock };
      const checks = await examine({
        call: await connection.forCall(ctx, MAX_WAIT_MS),
        ctx,
        env: invocation.env,
        wantsSessions: config.sessionInfo,
        resolveName: async (host) => (await lookup(host)).address,
        files: [
          { setting: "--file", path: settings.sdk.file },
          { setting: "--store", path: store },
        ],
        tryFile: (path) => tryFile(resolve(invocation.cwd(), path)),
      });
      exitCode = exitCodeOf(checks);
      const redacted = checks.map((check) => redactCheck(check, (text) => redactor.redact(text)));
      await print(format === "json" ? toJson(redacted, exitCode) : toTable(redacted), signal);
    });
    return ended === 0 ? exitCode : ended;
  } finally {
    await connection.close();
  }
}

/** Whether a file could be written: itself if it is there, and its directory, as files are replaced. */
async function tryFile(path: string): Promise<void> {
  await access(dirname(path), constants.W_OK | constants.X_OK);
  try {
    await access(path, constants.W_OK);
  } catch (error) {
    if (systemCodeOf(error) !== "ENOENT") throw error;
  }
}

function redactCheck(check: Check, redact: (text: string) => string): Check {
  const { detail, remedy } = check;
  return { ...check, detail: redact(detail), remedy: remedy === null ? null : redact(remedy) };
}

const MARKS: Readonly<Record<CheckStatus, string>> = {
  ok: "ok",
  failed: "FAILED",
  limited: "limited",
  skipped: "skipped",
};

function toTable(checks: readonly Check[]): string {
  const width = Math.max(...checks.map(({ title }) => title.length));
  const lines = checks.flatMap(({ title, status, detail, remedy }) => {
    const line = `${MARKS[status].padEnd(7)}  ${title.padEnd(width)}  ${toVisibleLine(detail)}`;
    return remedy === null ? [line] : [line, `${" ".repeat(9 + width + 2)}to do: ${toVisibleLine(remedy)}`];
  });
  return `${lines.join("\n")}\n`;
}

function toJson(checks: readonly Check[], exitCode: number): string {
  const lines = checks.map(({ id, title, status, detail, remedy, code }) => ({
    id,
    title,
    status,
    detail,
    remedy,
    code,
  }));
  return `${JSON.stringify({ format: 1, ok: exitCode === 0, checks: lines }, null, 2)}\n`;
}
