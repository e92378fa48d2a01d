import { mkdirSync, readFileSync, rmSync } from "node:fs";
import { delimiter, dirname, join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { startCodecovSimulator } from "../../fakes/codecov/simulator.ts";
import {
  commandBlocks,
  hasCommand,
  installProgram,
  makeDirectory,
  readDocument,
  runScript,
} from "./snippets.ts";

const document = readDocument("docs/quarterly-review.md");

/** The commands of the section with this number. */
function commandsOf(number: number): string[] {
  const [, section = ""] = new RegExp(`^## ${number}\\. .*\\n([\\s\\S]*?)^## `, "m").exec(document) ?? [];
  return commandBlocks(section);
}

test.skipIf(!hasCommand("sha256sum", "--version"))(
  "a review goes from the sync to the page that is signed off, by the commands of the guide",
  { timeout: 120_000 },
  async () => {
    const directory = await makeDirectory();
    const simulator = await startCodecovSimulator({ generated: { members: 30 } });
    onTestFinished(() => simulator.close());
    const env = {
      PATH: [dirname(installProgram(directory)), process.env["PATH"]].join(delimiter),
      BATON_CODECOV_API_TOKEN: simulator.tokens["admin-token"],
      BATON_CODECOV_SERVICE: "github",
      BATON_CODECOV_OWNER: "acme",
      BATON_CODECOV_BASE_URL: simulator.baseUrl,
    };
    let sinceWhen = "2026-07-01";
    const run = async (...commands: string[]) => {
      const script = commands
        .join("\n")
        .replace("license:your-org:assigned:user:jdoe", "license:acme:assigned:user:member-0000003")
        .replaceAll("--since 2026-07-01", `--since ${sinceWhen}`);
      const result = await runScript(`set -e\n${script}`, directory, env);
      expect(result, result.stderr).toMatchObject({ status: 0 });
      return result.stdout;
    };
    const read = (name: string) => readFileSync(join(directory, name), "utf8");

    // The quarter before, and the nightly file.
    mkdirSync(join(directory, "2026-Q2"));
    await run("baton-codecov --file 2026-Q2/after.c1z", "baton-codecov --file sync.c1z");
    sinceWhen = new Date().toISOString();
    simulator.change({ op: "leave", org: "acme", ownerid: 1009 });
    await run("baton-codecov --file sync.c1z");

    await run(...commandsOf(1));
    const [withFile = "", withDay = "", hash = ""] = commandsOf(2);
    for (const command of [withDay, withFile]) {
      rmSync(join(directory, "2026-Q3", "review.html"), { force: true });
      await run(command);
      expect(read("2026-Q3/review.html")).toMatch(/member-0000009[\s\S]{0,400}left/);
    }
    expect(read("2026-Q3/review.html")).toContain((await run(hash)).split(" ")[0] ?? "none");

    await run(...commandsOf(4));
    await run(...commandsOf(5));
    expect(read("2026-Q3/result.html")).toMatch(/member-0000003[\s\S]{0,400}lost/);
    await run(...commandsOf(6));
    expect(await run("sha256sum -c 2026-Q3.sha256")).toContain("2026-Q3/result.html: OK");
    await run("chmod -R u+w 2026-Q3");
  },
);

test("the lists are those of the page, in its order", () => {
  const [, table = ""] = /^\| List \| Ask \|.*\n\|[-|]+\|\n((?:\|.*\n)+)/m.exec(document) ?? [];
  const lists = [...table.matchAll(/^\| ([^|]+) \|/gm)].map((row) => row[1] ?? "");
  const [, described = ""] =
    /^\| List \| Who is on it \|\n\|[-|]+\|\n((?:\|.*\n)+)/m.exec(readDocument("docs/report.md")) ?? [];
  const known = [...described.matchAll(/^\| ([^|]+) \|/gm)].map((row) => row[1] ?? "");
  expect(lists.length).toBeGreaterThan(3);
  expect(lists.filter((list) => !known.includes(list))).toEqual([]);
});
