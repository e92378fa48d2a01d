import { copyFile, mkdir, mkdtemp, readdir, readFile, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { Code } from "#kernel/errors.ts";
import { CODECOV, type StartOptions } from "../../contract/program.ts";
import { canMount, withMounts } from "../../regress/system.ts";
import { type HostileCodecov, honestBut, member, page, startHostileCodecov } from "../support/codecov.ts";
import { type MeasuredResult, namesIn, runMeasured, settings, useGoodFile } from "../support/runs.ts";

const good = useGoodFile();

const onLinux = process.platform === "linux";

/** So many that a database of them is far larger than the limits of files below. */
const MEMBERS = 3_000;
const ROWS = Array.from({ length: MEMBERS }, (_, index) => member(index));

let codecov: HostileCodecov;
let directory: string;
let file: string;
beforeEach(async () => {
  codecov = await startHostileCodecov(
    honestBut((number, size) => page(ROWS.slice((number - 1) * size, number * size), MEMBERS)),
  );
  directory = await mkdtemp(join(tmpdir(), "hostile-"));
  await mkdir(join(directory, "tmp"));
  file = join(directory, "roster.c1z");
  await copyFile(good.path, file);
});
afterEach(async () => {
  await codecov[Symbol.asyncDispose]();
  await rm(directory, { recursive: true, force: true });
});

/** Syncs into a copy of a good file under some limit. */
function sync(options: StartOptions = {}): Promise<MeasuredResult> {
  const env = { ...settings(codecov.origin), BATON_TMPDIR: join(directory, "tmp"), ...options.env };
  return runMeasured(["-f", file], { ...options, env });
}

/** Runs what follows in a shell with a limit, as `ulimit` sets it. */
const limited = (limit: string) => ["sh", "-c", `ulimit ${limit} && exec "$@"`, "sh"];

describe.runIf(onLinux)(
  "a sync that runs into a limit fails with a sentence and leaves the file as it was:",
  () => {
    test.each([
      ["24 descriptors", limited("-n 24")],
      ["files of at most 64 KiB", limited("-f 128")],
      ["files of no length", limited("-f 0")],
    ])("%s", async (_what, within) => {
      const { code, stderr } = await sync({ within });
      expect([Code.ResourceExhausted, Code.Unknown]).toContain(code);
      expect(stderr).not.toMatch(/unable to open database file|ENOSPC|EFBIG|EMFILE/);
      expect(Buffer.compare(await readFile(file), await readFile(good.path))).toBe(0);
      expect((await readdir(directory)).filter((name) => name.endsWith(".tmp"))).toEqual([]);
      expect(await readdir(join(directory, "tmp"))).toEqual([]);
    });

    test.skipIf(!canMount)("a temporary directory that is full (needs root)", async () => {
      const mount = `mount -t tmpfs -o size=256k none ${join(directory, "tmp")}`;
      const { code, stderr } = await sync({ within: withMounts(mount) });
      expect(code).toBe(Code.ResourceExhausted);
      expect(stderr).toContain("temporary directory");
      expect(Buffer.compare(await readFile(file), await readFile(good.path))).toBe(0);
    });

    test.skipIf(!canMount)("a temporary directory that is read-only (needs root)", async () => {
      const mount = `mount -t tmpfs -o ro none ${join(directory, "tmp")}`;
      const { code } = await sync({ within: withMounts(mount) });
      expect(code).not.toBe(0);
      expect(Buffer.compare(await readFile(file), await readFile(good.path))).toBe(0);
    });
  },
);

describe("a sync does as well", () => {
  const expectWell = async ({ code, stderr }: MeasuredResult) => {
    expect({ code, stderr }).toMatchObject({ code: 0 });
    expect(await namesIn(file)).toHaveLength(MEMBERS);
    if (onLinux) expect((await stat(file)).mode & 0o077).toBe(0);
  };

  test.each([
    ["Antarctica/Troll"],
    ["Etc/GMT-14"],
    ["Nowhere/At_All"],
    [":/etc/passwd"],
    ["x".repeat(10_000)],
  ])("in time zone %.20s", async (TZ) => {
    await expectWell(await sync({ env: { TZ } }));
  });

  test.each([
    ["in the locale C", { LC_ALL: "C", LANG: "C" }],
    ["in a locale that is none", { LC_ALL: "xx_YY.latin1" }],
    ["without a home", { HOME: "" }],
    ["with a home that is not there", { HOME: "/nowhere/at/all" }],
    ["with a terminal of no width", { COLUMNS: "0", TERM: "" }],
  ])("%s", async (_what, env) => {
    await expectWell(await sync({ env }));
  });

  test.runIf(onLinux)("in an environment that holds nothing but its settings", async () => {
    const words = Object.entries({ ...settings(codecov.origin), BATON_TMPDIR: join(directory, "tmp") });
    const within = ["env", "-i", ...words.map(([name, value]) => `${name}=${value}`)];
    await expectWell(await runMeasured(["-f", file], { within, program: CODECOV }));
  });

  test.runIf(onLinux)("where new files are open to everybody", async () => {
    await expectWell(await sync({ within: ["sh", "-c", 'umask 0 && exec "$@"', "sh"] }));
  });
});
