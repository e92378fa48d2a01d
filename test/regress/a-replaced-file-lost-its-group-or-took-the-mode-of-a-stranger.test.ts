import { chmod, chown, mkdir, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { runProgram } from "../contract/program.ts";
import { writeSample } from "../unit/report/sample-file.ts";
import { asStranger, isRoot, makeDirectory, STRANGER } from "./system.ts";

const GROUP = STRANGER + 1;

interface Replaced {
  readonly owner?: number;
  readonly group?: number;
  readonly mode: number;
  /** Owner and mode of its directory; root's and 0755 if not given. */
  readonly directory?: { readonly owner: number; readonly mode: number };
  readonly within?: readonly string[];
}

/** Lets a report replace a file and tells what the new one has. */
async function replace({ owner = 0, group = 0, mode, directory, within = [] }: Replaced) {
  const cwd = await makeDirectory();
  const source = join(cwd, "sync.c1z");
  await writeSample(source, [{ members: [{ username: "ann" }] }]);
  await chmod(source, 0o644);
  const out = join(cwd, "out");
  await mkdir(out);
  const path = join(out, "review.csv");
  await writeFile(path, "old");
  if (isRoot) await chown(path, owner, group);
  await chmod(path, mode);
  if (directory !== undefined) await chown(out, directory.owner, directory.owner);
  await chmod(out, directory?.mode ?? 0o755);
  const { code, stderr } = await runProgram(["report", "--output=out/review.csv"], { cwd, within });
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  const { uid, gid, mode: newMode, size } = await stat(path);
  expect(size).toBeGreaterThan(3);
  return { owner: uid, group: gid, mode: (newMode & 0o7777).toString(8) };
}

const strangers = { owner: STRANGER, mode: 0o755 };

test("the bits of one's own file are kept, but for those of everybody else", async () => {
  expect((await replace({ mode: 0o664 })).mode).toBe("660");
  expect((await replace({ mode: 0o640 })).mode).toBe("640");
  expect((await replace({ mode: 0o607 })).mode).toBe("600");
});

test.runIf(isRoot)(
  "root keeps owner, group and mode where nobody else can have prepared the file",
  async () => {
    const file = { owner: STRANGER, group: GROUP, mode: 0o640 };
    expect(await replace(file)).toEqual({ owner: STRANGER, group: GROUP, mode: "640" });
    const ofItsOwner = await replace({ ...file, directory: strangers });
    expect(ofItsOwner).toEqual({ owner: STRANGER, group: GROUP, mode: "640" });
  },
);

test.runIf(isRoot)("root takes over nothing where somebody else can have prepared the file", async () => {
  const file = { owner: STRANGER, group: GROUP, mode: 0o666 };
  const own = { owner: 0, group: 0, mode: "600" };
  expect(await replace({ ...file, directory: { owner: 0, mode: 0o777 } })).toEqual(own);
  expect(await replace({ ...file, directory: { owner: 0, mode: 0o775 } })).toEqual(own);
  expect(await replace({ ...file, directory: { owner: GROUP, mode: 0o755 } })).toEqual(own);
});

test.runIf(isRoot)("a user keeps the group if it is one of theirs; otherwise its bits go", async () => {
  const file = { owner: STRANGER, group: GROUP, mode: 0o660, directory: strangers };
  const member = await replace({ ...file, within: asStranger(GROUP) });
  expect(member).toEqual({ owner: STRANGER, group: GROUP, mode: "660" });
  const other = await replace({ ...file, within: asStranger() });
  expect(other).toEqual({ owner: STRANGER, group: STRANGER, mode: "600" });
});

test.runIf(isRoot)("a user takes over nothing from another user's file", async () => {
  const directory = { owner: 0, mode: 0o777 };
  const replaced = await replace({ owner: 0, mode: 0o666, directory, within: asStranger() });
  expect(replaced).toEqual({ owner: STRANGER, group: STRANGER, mode: "600" });
});
