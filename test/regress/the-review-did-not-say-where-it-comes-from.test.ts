import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { openC1zReadOnly } from "#store/c1z-file.ts";
import packageFile from "../../package.json" with { type: "json" };
import { runProgram } from "../contract/program.ts";
import { startCodecovSimulator } from "../fakes/codecov/simulator.ts";
import { neverSignedIn, signedIn, writeSample } from "../unit/report/sample-file.ts";
import { makeTempDir } from "../unit/store/support.ts";

const VERSION = `baton-codecov ${packageFile.version}`;

/** What a sync with a token leaves in the directory, and the ways to look at it. */
async function syncWith(token: string, runs = 1) {
  const cwd = await makeTempDir();
  await using simulator = await startCodecovSimulator();
  const env = {
    BATON_CODECOV_API_TOKEN: simulator.tokens[token] ?? "",
    BATON_CODECOV_SERVICE: "github",
    BATON_CODECOV_OWNER: "acme",
    BATON_CODECOV_BASE_URL: `${simulator.baseUrl}/`,
  };
  for (let run = 0; run < runs; run += 1) expect((await runProgram([], { cwd, env })).code).toBe(0);
  const report = async (format: string) =>
    (await runProgram(["report", `--format=${format}`], { cwd })).stdout;
  return { path: join(cwd, "sync.c1z"), address: simulator.baseUrl.replace("/api/v2", ""), report };
}

test.each([
  ["an admin", "admin-token", "alice", true, "alice, an admin"],
  ["a member who is no admin", "member-token", "bob", false, "bob, not an admin"],
])(
  "a review of what the token of %s read says so, in words and for programs",
  async (_, token, owner, isAdmin, words) => {
    const { path, address, report } = await syncWith(token);
    const hash = createHash("sha256")
      .update(await readFile(path))
      .digest("hex");
    const json = JSON.parse(await report("json"));
    expect(json).toMatchObject({
      made_by: VERSION,
      file_sha256: hash,
      sync: {
        program: "baton-codecov",
        program_version: packageFile.version,
        address,
        token_owner: owner,
        token_owner_is_admin: isAdmin,
      },
    });
    const page = await report("html");
    const facts = Object.fromEntries(
      [...page.matchAll(/<dt>(.*?)<\/dt><dd><bdi>(.*?)<\/bdi><\/dd>/g)].map((match) => match.slice(1)),
    );
    expect(facts).toMatchObject({
      "Made by": VERSION,
      "Synced by": VERSION,
      "Codecov&#39;s address": address,
      "Token of": words,
      Sync: expect.stringMatching(
        new RegExp(
          `^${json.sync.id}, from \\d{4}-\\d\\d-\\d\\d [\\d:]{8} UTC to \\d{4}-\\d\\d-\\d\\d [\\d:]{8} UTC$`,
        ),
      ),
      "SHA-256 of the file": hash,
      "Compared with": "nothing",
    });
    const table = await report("table");
    for (const fact of [json.sync.id, hash, address, words, VERSION]) expect(table).toContain(fact);
    const [head = "", first = ""] = (await report("csv")).split("\r\n");
    const cells = Object.fromEntries(head.split(",").map((name, index) => [name, first.split(",")[index]]));
    expect(cells).toMatchObject({
      sync_id: json.sync.id,
      sync_ended_at: json.sync.ended_at,
      previous_sync_id: "",
      file_sha256: hash,
      decision: "",
      reviewer: "",
    });
  },
);

test("what is recorded of a sync is no part of its rows, so that equal syncs stay equal", async () => {
  const { path } = await syncWith("admin-token", 2);
  await using file = await openC1zReadOnly(path);
  const [before, now] = file.runs.list().map(({ id }) => file.reader(id));
  for (const kind of ["resourceTypes", "resources", "entitlements", "grants"] as const) {
    const rows = [...(now?.scan(kind) ?? [])];
    expect(rows.length).toBeGreaterThan(0);
    expect(rows).toEqual([...(before?.scan(kind) ?? [])]);
  }
});

test("a file that says nothing of its origin is reviewed, and that is said", async () => {
  const cwd = await makeTempDir();
  await writeSample(join(cwd, "sync.c1z"), [{ members: [{ username: "ann" }] }]);
  const page = (await runProgram(["report", "--format=html"], { cwd })).stdout;
  for (const label of ["Synced by", "Codecov&#39;s address", "Token of"]) {
    expect(page).toContain(`<dt>${label}</dt><dd><bdi>not recorded</bdi></dd>`);
  }
  const { sync } = JSON.parse((await runProgram(["report", "--format=json"], { cwd })).stdout);
  expect(sync).toMatchObject({ program: null, address: null, token_owner: null });
});

test("the whole population is on the page and in JSON, with room for a decision on everybody", async () => {
  const cwd = await makeTempDir();
  // Whoever has a seat and a valid session was on no list at all.
  const members = Array.from({ length: 1_200 }, (_, index) => ({ username: `m${index}`, signIn: signedIn }));
  await writeSample(join(cwd, "sync.c1z"), [{ members: [{ username: "gone" }, ...members] }, { members }]);
  const page = (await runProgram(["report", "--format=html"], { cwd })).stdout;
  const [, population = ""] = page.split('id="members"');
  const [section = ""] = population.split("</section>");
  const rows = [...section.matchAll(/<tr><td data-title="Member"><bdi>(.*?)<\/bdi>.*?<\/tr>/g)];
  expect(new Set(rows.map((row) => row[1]))).toEqual(new Set(members.map(({ username }) => username)));
  for (const [row] of rows) {
    expect(row).toMatch(
      /<td class="blank" data-title="Decision"><\/td><td class="blank" data-title="Reviewer"><\/td>/,
    );
  }
  const { members: listed } = JSON.parse((await runProgram(["report", "--format=json"], { cwd })).stdout);
  expect(listed).toHaveLength(members.length);
});

test("seat holders whose sign-ins are unknown are named, and listed", async () => {
  const cwd = await makeTempDir();
  const unknown = Array.from({ length: 7 }, (_, index) => ({ username: `u${index}` }));
  await writeSample(join(cwd, "sync.c1z"), [
    {
      members: [
        { username: "ann", signIn: signedIn },
        { username: "bob", signIn: neverSignedIn },
        ...unknown,
      ],
    },
  ]);
  const json = JSON.parse((await runProgram(["report", "--format=json"], { cwd })).stdout);
  expect(json.notes.join()).toContain("sign-ins are unknown: 7 (u0, u1, u2, u3, u4, and 2 more)");
  const listed = json.seats_session_unknown.map(({ id }: { id: string }) => id);
  expect(listed).toEqual(unknown.map(({ username }) => username));
  const table = (await runProgram(["report"], { cwd })).stdout;
  expect(table).toContain("SEATS WHOSE SIGN-INS ARE UNKNOWN (7)");
  expect(table).toContain("Needs review");
  expect(table).not.toContain("need a person");
});

test("a comparison with what was read from another address says so, in words and for programs", async () => {
  const cwd = await makeTempDir();
  const readFrom = (address: string) => ({
    members: [{ username: "alice" }],
    origin: { program: "baton-codecov", version: "1.2.3", source: { address } },
  });
  const addresses = [
    "https://api.codecov.io",
    "https://codecov.acme.example",
    "https://codecov.acme.example",
  ];
  await writeSample(join(cwd, "moved.c1z"), addresses.slice(0, 2).map(readFrom));
  await writeSample(join(cwd, "stayed.c1z"), addresses.slice(1).map(readFrom));
  const report = async (...args: string[]) => (await runProgram(["report", ...args], { cwd })).stdout;

  const { notes } = JSON.parse(await report("--file=moved.c1z", "--format=json"));
  expect(notes).toEqual([expect.stringContaining("another address, https://api.codecov.io")]);
  for (const format of ["table", "html"]) {
    expect(await report("--file=moved.c1z", `--format=${format}`)).toContain("https://api.codecov.io");
  }
  expect(JSON.parse(await report("--file=stayed.c1z", "--format=json")).notes).toEqual([]);
});
