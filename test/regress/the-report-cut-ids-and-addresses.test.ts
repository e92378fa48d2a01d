import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { expect, test } from "vitest";
import { CODECOV, runProgram } from "../contract/program.ts";
import { type SampleMember, writeSample } from "../unit/report/sample-file.ts";
import { makeTempDir } from "../unit/store/support.ts";

const LONG_ID = "a-login-name-of-thirty-nine-characters1";
const LONG_ADDRESS = `${LONG_ID}@a-rather-long-department-name.acme.example`;

const ordinary = Array.from({ length: 5 }, (_, index) => ({
  username: `member-${index}`,
  name: "Ann Other",
}));

/** All on every list that shows an address. */
const members: readonly SampleMember[] = [
  ...ordinary,
  { username: LONG_ID, name: "A Display Name That Is Rather Long", email: LONG_ADDRESS },
  { username: null, name: "Nameless Person", email: "nameless@example.com" },
].map((member) => ({ ...member, is_admin: true, activated: false }));

async function makeFile(): Promise<string> {
  const cwd = await makeTempDir();
  await writeSample(join(cwd, "sync.c1z"), [{ members: [{ username: "gone" }] }, { members }]);
  return cwd;
}

/** Every word of a report that can be too wide for a line of its own: ids, addresses, sums, and where the file is. */
function findBroken(text: string): string[] {
  const whole = [LONG_ID, LONG_ADDRESS, "~no-username~github~Nameless", "nameless@example.com"];
  return whole.filter((word) => !new RegExp(`(^|\\s)${word}(\\s|$)`, "m").test(text));
}

test.each([
  ["a pipe", {}, 120],
  ["a pipe of 80 columns", { COLUMNS: "80" }, 80],
  ["a pipe of 40 columns", { COLUMNS: "40" }, 40],
  ["a pipe of a width that makes no sense", { COLUMNS: "wide" }, 120],
] as const)("ids and addresses are whole in %s, and all else keeps to its width", async (_, env, width) => {
  const cwd = await makeFile();
  const { code, stdout } = await runProgram(["report"], { cwd, env });
  expect(code).toBe(0);
  expect(findBroken(stdout)).toEqual([]);
  expect(stdout).not.toContain("member-…");
  const tooLong = stdout.split("\n").filter((line) => line.length > width);
  // A single word that is wider than the line.
  expect(tooLong.filter((line) => line.trim().split(/\s+/).length > 1)).toEqual([]);
});

test("one long id leaves the other rows as they are", async () => {
  const cwd = await makeFile();
  const { stdout } = await runProgram(["report"], { cwd, env: { COLUMNS: "80" } });
  const rows = stdout.split("\n").filter((line) => /^ {2}member-\d .*@example\.com/.test(line));
  // Joined, an admin, without a seat: on three lists.
  expect(rows).toHaveLength(3 * ordinary.length);
});

test("a column that has no room is left out, and that is said", async () => {
  const cwd = await makeFile();
  const { stdout } = await runProgram(["report"], { cwd, env: { COLUMNS: "40" } });
  expect(stdout).toMatch(/The\s+column\s+Name\s+does\s+not\s+fit/);
  expect(findBroken(stdout)).toEqual([]);
});

const hasTerminals = process.platform === "linux" && spawnSync("script", ["--version"]).status === 0;

test.runIf(hasTerminals)("ids and addresses are whole on a terminal of 80 columns", async () => {
  const cwd = await makeFile();
  const command = `stty cols 80; '${process.execPath}' '${CODECOV}' report`;
  const { stdout } = spawnSync("script", ["-qec", command, "/dev/null"], { cwd, encoding: "utf8" });
  expect(findBroken(stdout.replaceAll("\r", ""))).toEqual([]);
});
