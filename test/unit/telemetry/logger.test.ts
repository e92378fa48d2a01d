import { spawnSync } from "node:child_process";
import { expect, test } from "vitest";
import { BatonError, Code } from "#kernel/errors.ts";
import { Redactor, Secret } from "#kernel/secret.ts";
import { createLogger, type LoggerOptions } from "#telemetry/log-writer.ts";

function capture(options: LoggerOptions = {}) {
  const lines: string[] = [];
  return { log: createLogger({ ...options, write: (line) => lines.push(line) }), lines };
}

function parse(line: string | undefined): Record<string, unknown> {
  return JSON.parse(line ?? "");
}

test("a line is one JSON object with the keys that Go connectors use", () => {
  const { log, lines } = capture({ name: "codecov" });
  const before = Date.now() / 1000;
  log
    .with({ "grpc.method": "ListGrants" })
    .warn("upstream is slow", { seconds: 1.5, error: new Error("no") });
  const { ts, ...rest } = parse(lines[0]);
  expect(rest).toEqual({
    level: "warn",
    logger: "codecov",
    "grpc.method": "ListGrants",
    seconds: 1.5,
    error: "no",
    msg: "upstream is slow",
  });
  expect(ts).toBeGreaterThanOrEqual(before);
  expect(ts).toBeLessThan(before + 60);
  expect(lines[0]?.endsWith("}\n")).toBe(true);
});

test.each([
  ["debug", ["debug", "info", "warn", "error"]],
  ["WARN", ["warn", "error"]],
  ["error", ["error"]],
  ["loud", ["info", "warn", "error"]],
  ["silent", ["info", "warn", "error"]],
])("at level %s the lines %j appear", (level, expected) => {
  const { log, lines } = capture({ level });
  log.debug("1");
  log.info("2");
  log.warn("3");
  log.error("4");
  expect(lines.map((line) => parse(line)["level"])).toEqual(expected);
});

test("the console format has tabs, an ISO time and a capital level", () => {
  const { log, lines } = capture({ format: "console", name: "codecov" });
  log.info("done", { rows: 3 });
  log.error("failed");
  expect(lines[0]).toMatch(/^\d{4}-\d\d-\d\dT[\d:.]+Z\tINFO\tcodecov\tdone\t\{"rows":3\}\n$/);
  expect(lines[1]).toMatch(/\tERROR\tcodecov\tfailed\n$/);
});

test("an unknown format is json", () => {
  const { log, lines } = capture({ format: "xml" });
  log.info("x");
  expect(parse(lines[0])["msg"]).toBe("x");
});

test("secrets appear neither as values nor inside messages, errors and nested fields", () => {
  const redactor = new Redactor();
  const token = new Secret("tok-123456");
  redactor.register(token);
  for (const format of ["json", "console"]) {
    const { log, lines } = capture({ level: "debug", format, redactor });
    const error = new BatonError(Code.Unauthenticated, "refused Bearer tok-123456");
    log.with({ url: "https://x/?t=tok-123456" }).debug("sent tok-123456", { token, error });
    log.info("nested", { a: [{ b: new URL("https://x/tok-123456") }], m: new Map([["k", token]]) });
    expect(lines.join("")).not.toContain("123456");
    expect(lines.join("")).toContain("[redacted]");
  }
});

test("no value can make a line fail", () => {
  const { log, lines } = capture();
  const circular: Record<string, unknown> = { name: "loop" };
  circular["self"] = circular;
  log.info("odd", {
    circular,
    big: 12n,
    bytes: new Uint8Array(3),
    nothing: undefined,
    none: null,
    date: new Date(Number.NaN),
    lone: "\ud800",
    nan: Number.NaN,
  });
  const line = parse(lines[0]);
  expect(line).toMatchObject({ big: "12", bytes: "3 bytes", none: null, date: "invalid date" });
  expect(line).not.toHaveProperty("nothing");
});

test("lines reach standard error at once, also when the process is killed right after", () => {
  const script = `
    import { createLogger } from "./src/host/telemetry/log-writer.ts";
    createLogger({}).info("last words");
    process.kill(process.pid, "SIGKILL");
    await new Promise(() => setInterval(() => {}, 1000));
  `;
  const run = spawnSync(process.execPath, ["--input-type=module-typescript", "-e", script], {
    encoding: "utf8",
  });
  expect(run.signal).toBe("SIGKILL");
  expect(parse(run.stderr)).toMatchObject({ level: "info", msg: "last words" });
  expect(run.stdout).toBe("");
});

test("a mirror gets every line that is written, as JSON in any format and without secrets", () => {
  const mirrored: string[] = [];
  const redactor = new Redactor();
  redactor.register(new Secret("s3cret"));
  const options = { format: "console", redactor, mirror: (line: string) => mirrored.push(line) };
  const { log, lines } = capture(options);
  log.debug("unwritten");
  log.with({ task: 1 }).info("said s3cret");
  expect(lines).toHaveLength(1);
  expect(mirrored.map(parse)).toEqual([
    { level: "info", ts: expect.any(Number), task: 1, msg: "said [redacted]" },
  ]);
});

test("temporary debug logging ends by itself, also for loggers made before", () => {
  const over = capture({ level: "debug", debugUntil: Date.now() - 1 });
  over.log.with({ call: 1 }).debug("too late");
  over.log.info("still said");
  expect(over.lines.map((line) => parse(line)["msg"])).toEqual(["still said"]);
  const later = capture({ level: "debug", debugUntil: Date.now() + 60_000 });
  later.log.debug("in time");
  expect(later.lines).toHaveLength(1);
});
