import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { LiveLine } from "#cli/live-line.ts";
import { BatonError, Code } from "#kernel/errors.ts";
import { hasHidden, showHidden } from "#kernel/visible-text.ts";
import { toWireStatus } from "#model/status.ts";
import { createLogger } from "#telemetry/log-writer.ts";
import { runProgram } from "../contract/program.ts";
import { startCodecovSimulator } from "../fakes/codecov/simulator.ts";
import { setUp } from "../unit/codecov/support.ts";

/** An escape sequence in both its forms, a change of direction, and a line break that JSON leaves alone. */
const HOSTILE = "\u001b[31mRED\u009b2J\u202egnp\u2028next";
const SPELLED = "<U+001B>[31mRED<U+009B>2J<U+202E>gnp<U+2028>next";

/** What a terminal would act upon; the line break at the end of a line is ours. */
const ACTS = /(?!\n)[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]/u;

let cwd: string;
beforeEach(async () => {
  cwd = await mkdtemp(join(tmpdir(), "baton-hostile-"));
});
afterEach(() => rm(cwd, { recursive: true }));

// They went out as they are.
test("a file name reaches the last sentence spelled out", async () => {
  const { code, stderr } = await runProgram(["report", "-f", `${HOSTILE}.c1z`], { cwd });
  expect({ code, acts: ACTS.test(stderr) }).toEqual({ code: Code.NotFound, acts: false });
  expect(stderr).toContain(SPELLED);
});

test.each(["json", "console"])(
  "what Codecov says, and what it was asked, with %s log lines",
  async (format) => {
    await using simulator = await startCodecovSimulator();
    const fault = {
      kind: "answer",
      status: 403,
      headers: {},
      text: "",
      json: { detail: HOSTILE },
      processed: false,
    } as const;
    simulator.faults.add({ path: "/acme/users/", fault });
    const tell = async (owner: string) => {
      const result = await runProgram([`--log-format=${format}`, "--log-level=debug"], {
        cwd,
        env: {
          BATON_CODECOV_API_TOKEN: simulator.tokens["admin-token"] ?? "",
          BATON_CODECOV_SERVICE: "github",
          BATON_CODECOV_OWNER: owner,
          BATON_CODECOV_BASE_URL: simulator.baseUrl,
        },
      });
      const acts = ACTS.exec(result.stderr.replaceAll("\t", " "))?.[0];
      return { code: result.code, acts, last: result.stderr.trimEnd().split("\n").at(-1) };
    };
    expect(await tell("acme")).toEqual({
      code: Code.PermissionDenied,
      acts: undefined,
      last: expect.stringContaining("<U+202E>gnp"),
    });
    expect(await tell("ac\u200bme")).toEqual({
      code: Code.NotFound,
      acts: undefined,
      last: expect.stringContaining("ac<U+200B>me"),
    });
  },
);

test.each(["json", "console"])("messages and fields of a %s log line are harmless, and bounded", (format) => {
  const lines: string[] = [];
  const log = createLogger({ format, write: (line) => lines.push(line) });
  log.info(HOSTILE, { [HOSTILE]: { [HOSTILE]: [HOSTILE] }, error: new Error(HOSTILE) });
  log.info("long", { answer: "x".repeat(2_000_000) });
  for (const line of lines) {
    expect(line.length).toBeLessThan(10_000);
    expect(line.endsWith("\n")).toBe(true);
    expect(ACTS.test(line.slice(0, -1).replaceAll("\t", ""))).toBe(false);
  }
  if (format === "json") expect(JSON.parse(lines[0] ?? "")).toMatchObject({ msg: HOSTILE, error: HOSTILE });
});

test("the live line and the message of a failed call are harmless", () => {
  let shown = "";
  const stream = { columns: 200, write: (text: string | Uint8Array) => (shown += text) };
  new LiveLine(stream, () => 0).update(HOSTILE);
  expect(shown).toBe(`\r\u001b[2K${SPELLED}`);
  const status = toWireStatus(new BatonError(Code.NotFound, HOSTILE), (text) => text);
  expect(status.message).toBe(SPELLED);
});

test("a refusal of two megabytes makes no log line of two megabytes", async () => {
  await using simulator = await startCodecovSimulator();
  simulator.faults.add({
    path: "/user-sessions/",
    fault: {
      kind: "answer",
      status: 403,
      headers: {},
      text: "",
      json: { detail: "no ".repeat(700_000) },
      processed: false,
    },
  });
  const { code, stderr } = await runProgram(["--codecov-session-info"], {
    cwd,
    env: {
      BATON_CODECOV_API_TOKEN: simulator.tokens["admin-token"] ?? "",
      BATON_CODECOV_SERVICE: "github",
      BATON_CODECOV_OWNER: "acme",
      BATON_CODECOV_BASE_URL: simulator.baseUrl,
    },
  });
  expect(code).toBe(0);
  const line = stderr.split("\n").find((text) => text.includes("sign-in sessions are left out"));
  expect(line).toContain("403 Forbidden: no no no");
  expect(line?.length).toBeLessThan(1_000);
});

test.each([
  ["a Hangul filler", "\u3164", "<U+3164>"],
  ["a half-width filler", "\uffa0", "<U+FFA0>"],
  ["a blank Braille pattern", "\u2800", "<U+2800>"],
  ["a grapheme joiner", "A\u034fnn", "A<U+034F>nn"],
  ["a variation selector", "A\ufe00nn\u{e0101}", "A<U+FE00>nn<U+E0101>"],
  ["nothing but blanks", " \u00a0", "<U+0020><U+00A0>"],
  ["a joiner in an address", "ze\u200dd@acme.example", "ze<U+200D>d@acme.example"],
  ["a joiner before the @", "zed\u200d@acme.example", "zed<U+200D>@acme.example"],
  ["a joiner at an end", "ann\u200d", "ann<U+200D>"],
])("%s is hidden", (_, text, shown) => {
  expect([hasHidden(text), showHidden(text)]).toEqual([true, shown]);
});

test.each([
  ["a Persian name", "\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645"],
  ["a Persian name beside an address", "\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645 ann@acme.example"],
  [
    "emoji",
    "Ann \u2764\ufe0f \u{1f469}\u{1f3fd}\u200d\u{1f4bb} 1\ufe0f\u20e3 \u{1f3f3}\ufe0f\u200d\u{1f308}",
  ],
  ["accents", "José Łukasz Ångström e\u0301"],
  ["a blank between names", "日本 太郎\u3000様"],
])("%s is not", (_, text) => {
  expect([hasHidden(text), showHidden(text)]).toEqual([false, text]);
});

// A platform showed an empty line.
test.each(["\u3164", " \u00a0", "\u2800\u200b", ""])(
  "somebody called %j is listed by user name",
  async (name) => {
    const { simulator, listUsers } = await setUp({ state: "free-seats" }, { owner: "roomy" });
    simulator.change({ op: "set-profile", ownerid: 102, name });
    const bob = (await listUsers()).find(({ id }) => id?.resource === "bob");
    expect(bob).toMatchObject({ displayName: "bob", profile: { name } });
  },
);
