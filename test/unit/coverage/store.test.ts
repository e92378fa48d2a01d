import { spawnSync } from "node:child_process";
import {
  chmod,
  copyFile,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rm,
  stat,
  symlink,
  writeFile,
} from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { describe, expect, onTestFinished, test } from "vitest";
import { addDays } from "#codecov/coverage/model/calendar.ts";
import type { ListReading, Organization } from "#codecov/coverage/model/ledger.ts";
import type { ListedPull, PullDetails } from "#codecov/coverage/model/pull.ts";
import type { Day, ListedRepository, TrendDay } from "#codecov/coverage/model/repository.ts";
import { openHistory } from "#codecov/coverage/store/coverage-history.ts";
import { APPLICATION_ID, MIGRATIONS } from "#codecov/coverage/store/coverage-schema.ts";
import { type CoverageStore, openCoverageStore } from "#codecov/coverage/store/coverage-store.ts";
import { openForWriting } from "#codecov/coverage/store/open-store.ts";
import { Code } from "#kernel/errors.ts";
import { NOW, repositoryOf, TODAY, totalsOf } from "./scene.ts";

const ACME: Organization = { service: "github", owner: "acme", origin: "https://api.codecov.io" };
const SINCE = { sinceDay: addDays(TODAY, -30) };

async function makeDirectory(): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), "baton-coverage-store-"));
  onTestFinished(() => rm(directory, { recursive: true, force: true }));
  return directory;
}

async function makePath(): Promise<string> {
  return join(await makeDirectory(), "coverage.db");
}

function listed(over: Partial<ListedRepository> = {}): ListedRepository {
  const { name, branch, language, active, updatedAt, reason, totals } = repositoryOf();
  const row = { name, private: false, branch, language, active, updatedAt, reason, totals };
  return { ...row, state: "measured", ...over };
}

function list(repositories: readonly ListedRepository[], over: Partial<ListReading> = {}): ListReading {
  return { readAt: NOW, repositories, missing: [], forgotten: [], notes: [], ...over };
}

function pullOf(number: number, over: Partial<ListedPull> = {}): ListedPull {
  return {
    repository: "web",
    number,
    title: `Change ${number}`,
    author: "ada",
    state: "open",
    head: totalsOf(70, 100),
    base: null,
    patch: { hits: 3, misses: 1, partials: 0 },
    updatedAt: NOW,
    ...over,
  };
}

const DETAILS: PullDetails = {
  comparison: "processed",
  baseCommit: { sha: "b".repeat(40), committedAt: null },
  headCommit: { sha: "c".repeat(40), committedAt: NOW },
  files: [{ path: "src/ä.ts", base: null, head: { hits: 1, misses: 2, partials: 0 }, patch: null }],
  untracked: ["README.md"],
};

function day(ago: number, avg: number, over: Partial<Day> = {}): Day {
  return { day: addDays(TODAY, -ago), min: avg, max: avg, avg, ...over };
}

/** What a report is shown of days. */
function shown(days: readonly Day[]): TrendDay[] {
  return days.map(({ day, avg }) => ({ day, avg }));
}

function detailsOf(days: readonly Day[], daysFrom: string, branch: string | null = "main") {
  return { name: "web", branch, days, daysFrom, head: null, newest: null };
}

async function write(
  path: string,
  work: (store: CoverageStore) => void | Promise<void>,
  organization = ACME,
): Promise<void> {
  using store = await openCoverageStore(path, organization);
  await work(store);
}

describe("what is saved is read back", () => {
  test("a list, with every value and null as it was", async () => {
    const path = await makePath();
    const rows = [
      listed({ name: "api", totals: { ...totalsOf(1, 3), files: null, branches: null, sessions: null } }),
      listed({
        name: "legacy",
        state: "not_active",
        reason: "nothing was uploaded",
        totals: null,
        active: null,
      }),
      listed({
        name: "secret",
        private: true,
        branch: null,
        language: null,
        updatedAt: null,
        details: "no_access",
      }),
      listed({ name: "web", active: false }),
    ];
    await write(path, (store) => store.saveList(list(rows)));
    using history = openHistory(path);
    expect(history.organization).toEqual(ACME);
    expect(history.takenAt).toBe(NOW);
    expect(history.lastReading).toBeNull();
    const unread = { detailsReadAt: null, missingSince: null, head: null, newest: null, trend: [] };
    expect([...history.repositories(SINCE)]).toEqual(
      rows.map((row) => ({ ...row, readAt: NOW, firstSeenAt: NOW, ...unread })),
    );
    expect(history.repository("api", SINCE)).toMatchObject({ name: "api", totals: rows[0]?.totals });
    expect(history.repository("API", SINCE)).toBeUndefined();
  });

  test("days from the one asked for on, with the newest one before it", async () => {
    const path = await makePath();
    const days = [day(40, 50), day(35, 60.5), day(10, 79.16, { min: 77.14, max: 100 }), day(0, 0)];
    await write(path, (store) => {
      store.saveList(list([listed()]));
      store.saveDetails(detailsOf(days, addDays(TODAY, -60)), NOW + 5);
      expect(store.known()).toMatchObject([
        { name: "web", daysFrom: addDays(TODAY, -60), detailsReadAt: NOW + 5, readAt: NOW },
      ]);
    });
    using history = openHistory(path);
    expect(history.repository("web", SINCE)?.trend).toEqual(shown(days.slice(1)));
    expect(history.repository("web", { sinceDay: addDays(TODAY, -50) })?.trend).toEqual(shown(days));
    expect(history.repository("web", { sinceDay: addDays(TODAY, 5) })?.trend).toEqual(shown(days.slice(3)));
    using db = new DatabaseSync(path, { readOnly: true });
    expect(db.prepare("SELECT min, max, avg FROM day WHERE avg > 7000000").all()).toEqual([
      { min: 7_714_000, max: 10_000_000, avg: 7_916_000 },
    ]);
  });

  test("a percentage with five decimals exactly, one with more rounded down", async () => {
    const path = await makePath();
    const exact = Array.from({ length: 300 }, (_, index) => (index * 33_337) / 100_000);
    const values = [...exact, 71.429_999_999, 1 / 3, 200 / 3, 99.999_999_9];
    const days = values.map((value, index) => day(values.length - 1 - index, value));
    await write(path, (store) => {
      store.saveList(list([listed()]));
      store.saveDetails(detailsOf(days, addDays(TODAY, -400)), NOW);
    });
    using history = openHistory(path);
    const read = history.repository("web", { sinceDay: addDays(TODAY, -400) })?.trend.map(({ avg }) => avg);
    expect(read?.slice(0, exact.length)).toEqual(exact);
    expect(read?.slice(exact.length)).toEqual([71.429_99, 0.333_33, 66.666_66, 99.999_99]);
  });

  test("pull requests, and those that are open by repository", async () => {
    const path = await makePath();
    const pulls = [
      pullOf(3, { title: null, author: null, head: null, patch: null, updatedAt: null }),
      pullOf(12),
    ];
    await write(path, (store) => {
      store.saveList(list([listed(), listed({ name: "api" })]));
      store.saveOpenPulls("web", pulls, NOW);
      store.savePull(pullOf(7, { repository: "api", state: "merged" }), DETAILS, NOW + 1);
      expect([store.openPulls("web"), store.openPulls("api")]).toEqual([[3, 12], []]);
    });
    using history = openHistory(path);
    const bare = { details: null, detailsReadAt: null, readAt: NOW };
    expect([...history.pulls()]).toEqual([
      {
        ...pullOf(7, { repository: "api", state: "merged" }),
        readAt: NOW + 1,
        details: DETAILS,
        detailsReadAt: NOW + 1,
      },
      ...pulls.map((pull) => ({ ...pull, ...bare })),
    ]);
    expect([...history.pulls({ repository: "web" })]).toHaveLength(2);
    expect([...history.pulls({ state: "open" })].map(({ number }) => number)).toEqual([3, 12]);
    expect(history.pull("api", 7)).toMatchObject({ details: DETAILS });
    expect(history.pull("web", 7)).toBeUndefined();
  });

  test("how the last reading went", async () => {
    const path = await makePath();
    const reading = { startedAt: 1, endedAt: 2, requests: 3, failed: ["web"], notes: ["kept"] };
    await write(path, (store) => store.saveReading({ ...reading, requests: 1 }));
    await write(path, (store) => store.saveReading(reading));
    using history = openHistory(path);
    expect(history.lastReading).toEqual(reading);
  });
});

describe("what is saved later", () => {
  test("late uploads correct days, take days away, and leave older ones alone", async () => {
    const path = await makePath();
    const first = [day(20, 50), day(3, 60), day(2, 61)];
    const later = [day(3, 65), day(1, 70)];
    await write(path, (store) => {
      store.saveList(list([listed()]));
      store.saveDetails(detailsOf(first, addDays(TODAY, -30)), NOW);
    });
    await write(path, (store) => {
      store.saveDetails(detailsOf(later, addDays(TODAY, -4)), NOW + 1);
      expect(store.known()).toMatchObject([{ daysFrom: addDays(TODAY, -30) }]);
    });
    using history = openHistory(path);
    expect(history.repository("web", SINCE)?.trend).toEqual(shown([day(20, 50), ...later]));
  });

  test("another default branch has days of its own, and the old ones come back with the old branch", async () => {
    const path = await makePath();
    await write(path, (store) => {
      store.saveList(list([listed({ branch: "master" })]));
      store.saveDetails(detailsOf([day(5, 50)], addDays(TODAY, -30), "master"), NOW);
      store.saveList(list([listed({ branch: "main" })]));
      expect(store.known()).toMatchObject([{ branch: "main", daysFrom: null }]);
      store.saveDetails(detailsOf([day(1, 70)], addDays(TODAY, -30), "main"), NOW);
      expect(store.history().repository("web", SINCE)?.trend).toEqual(shown([day(1, 70)]));
      store.saveList(list([listed({ branch: "master" })]));
    });
    using history = openHistory(path);
    expect(history.repository("web", SINCE)?.trend).toEqual(shown([day(5, 50)]));
  });

  test("the same reading again changes nothing but its time", async () => {
    const path = await makePath();
    const save = (store: CoverageStore) => {
      store.saveList(list([listed(), listed({ name: "api" })]));
      store.saveDetails(detailsOf([day(1, 70)], addDays(TODAY, -30)), NOW);
      store.saveOpenPulls("web", [pullOf(1)], NOW);
    };
    await write(path, save);
    const before = dump(path);
    await write(path, save);
    expect(dump(path)).toEqual(before);
    const later = listed({ totals: totalsOf(81, 100) });
    await write(path, (store) => {
      store.saveList(list([listed()], { readAt: NOW + 1 }));
      store.saveList(list([later], { readAt: NOW + 2 }));
    });
    // Equal readings are one row.
    expect(dump(path)["reading"]).toHaveLength(3);
    using history = openHistory(path);
    expect(history.repository("web", SINCE)).toMatchObject({ ...later, readAt: NOW + 2, firstSeenAt: NOW });
    expect(history.repository("api", SINCE)).toMatchObject({ readAt: NOW });
  });

  test("a repository that is not listed is counted, then gone without its figure, and comes back", async () => {
    const path = await makePath();
    await write(path, (store) => {
      store.saveList(list([listed()]));
      store.saveList(list([], { readAt: NOW + 1, missing: [{ name: "web", gone: false }] }));
      expect(store.known()).toMatchObject([
        { state: "measured", missed: 1, missingSince: NOW + 1, readAt: NOW },
      ]);
      store.saveList(list([], { readAt: NOW + 2, missing: [{ name: "web", gone: true }] }));
      expect(store.known()).toMatchObject([{ state: "gone", missed: 2, missingSince: NOW + 1 }]);
      expect(store.history().repository("web", SINCE)).toMatchObject({
        state: "gone",
        reason: expect.stringContaining("list"),
        totals: null,
        readAt: NOW,
      });
      store.saveList(list([listed()], { readAt: NOW + 3 }));
      expect(store.known()).toMatchObject([{ state: "measured", missed: 0, missingSince: null }]);
    });
  });

  test("what is forgotten leaves nothing", async () => {
    const path = await makePath();
    await write(path, (store) => {
      store.saveList(list([listed()]));
      store.saveDetails(detailsOf([day(1, 70)], addDays(TODAY, -30)), NOW);
      store.saveOpenPulls("web", [pullOf(1)], NOW);
      store.saveList(list([], { forgotten: ["web", "never-seen"] }));
    });
    const { organization, ...tables } = dump(path);
    expect(organization).toHaveLength(1);
    expect(Object.values(tables)).toEqual(Object.values(tables).map(() => []));
  });

  test("a pull request that is open no more goes, unless somebody asked for it by name", async () => {
    const path = await makePath();
    await write(path, (store) => {
      store.saveList(list([listed()]));
      store.saveOpenPulls("web", [pullOf(1), pullOf(2), pullOf(3)], NOW);
      store.savePull(pullOf(2), DETAILS, NOW);
      store.saveOpenPulls("web", [pullOf(3, { title: "Renamed" }), pullOf(4)], NOW + 1);
      expect(store.openPulls("web")).toEqual([3, 4]);
      expect([...store.history().pulls()]).toMatchObject([
        { number: 2, state: null, details: DETAILS },
        { number: 3, state: "open", title: "Renamed" },
        { number: 4, state: "open" },
      ]);
    });
  });

  test("a reading of details that fails half-way leaves those of before", async () => {
    const path = await makePath();
    await write(path, (store) => {
      store.saveList(list([listed()]));
      store.saveDetails(detailsOf([day(1, 70)], addDays(TODAY, -30)), NOW);
      const broken = [day(1, 71), { day: addDays(TODAY, 0), min: 1, max: 1, avg: Number.NaN }];
      expect(() => store.saveDetails(detailsOf(broken, addDays(TODAY, -30)), NOW + 1)).toThrow();
      expect(store.history().repository("web", SINCE)).toMatchObject({
        trend: shown([day(1, 70)]),
        detailsReadAt: NOW,
      });
    });
  });
});

/** All rows of a store by table. */
function dump(path: string): Record<string, unknown[]> {
  using db = new DatabaseSync(path, { readOnly: true });
  const tables = db.prepare("SELECT name FROM sqlite_schema WHERE type = 'table'").all();
  return Object.fromEntries(
    tables.map(({ name }) => [name, db.prepare(`SELECT * FROM ${String(name)}`).all()]),
  );
}

describe("the file", () => {
  test.skipIf(process.platform === "win32")(
    "is for its owner only, and alone when nobody has it open",
    async () => {
      const path = await makePath();
      const before = process.umask(0);
      try {
        await write(path, async (store) => {
          store.saveList(list([listed()]));
          for (const name of await readdir(join(path, ".."))) {
            expect([name, (await stat(join(path, "..", name))).mode & 0o777]).toEqual([name, 0o600]);
          }
        });
      } finally {
        process.umask(before);
      }
      using history = openHistory(path);
      expect(history.takenAt).toBe(NOW);
      history[Symbol.dispose]();
      expect(await readdir(join(path, ".."))).toEqual(["coverage.db"]);
      expect((await stat(path)).mode & 0o777).toBe(0o600);
    },
  );

  test("has one writer, and readers beside it who see one moment", async () => {
    const path = await makePath();
    using store = await openCoverageStore(path, ACME);
    store.saveList(list([listed()]));
    await expect(openCoverageStore(path, ACME)).rejects.toMatchObject({ code: Code.FailedPrecondition });
    using history = openHistory(path);
    const rows = history.repositories(SINCE)[Symbol.iterator]();
    store.saveList(list([listed({ totals: totalsOf(1, 100) }), listed({ name: "zoo" })]));
    expect(rows.next().value).toMatchObject({ totals: totalsOf(80, 100) });
    expect(rows.next().done).toBe(true);
    expect(history.repository("zoo", SINCE)).toBeUndefined();
    using next = openHistory(path);
    expect(next.repository("zoo", SINCE)).toBeDefined();
  });

  test("is opened again after its writer is gone, and refused if the lock file is something else", async () => {
    const path = await makePath();
    await write(path, (store) => store.saveList(list([listed()])));
    await writeFile(`${path}.lock`, "precious");
    await expect(openCoverageStore(path, ACME)).rejects.toMatchObject({ code: Code.FailedPrecondition });
    expect(await readFile(`${path}.lock`, "utf8")).toBe("precious");
    await rm(`${path}.lock`);
    await write(path, (store) => expect(store.known()).toHaveLength(1));
  });

  test("is followed through a link", async () => {
    const directory = await makeDirectory();
    await symlink("real.db", join(directory, "link.db"));
    await write(join(directory, "link.db"), (store) => store.saveList(list([listed()])));
    expect((await readdir(directory)).toSorted()).toEqual(["link.db", "real.db"]);
    using history = openHistory(join(directory, "real.db"));
    expect(history.takenAt).toBe(NOW);
  });
});

describe("a file is refused and stays as it was", () => {
  const foreign: readonly (readonly [string, (path: string) => Promise<void> | void])[] = [
    ["text", (path) => writeFile(path, "repository,coverage\n".repeat(20))],
    ["a short file", (path) => writeFile(path, "x")],
    ["a .c1z file", (path) => writeFile(path, `C1ZF\0${"x".repeat(200)}`)],
    [
      "a database of another program",
      (path) => {
        using db = new DatabaseSync(path);
        db.exec("CREATE TABLE repository (id INTEGER)");
      },
    ],
    [
      "a database that says it is a store",
      (path) => {
        using db = new DatabaseSync(path);
        db.exec(`CREATE TABLE repository (id INTEGER); PRAGMA application_id = ${APPLICATION_ID}`);
      },
    ],
    ["one of a newer version", (path) => alter(path, `PRAGMA user_version = ${MIGRATIONS.length + 1}`)],
    [
      "one with a trigger",
      (path) => alter(path, "CREATE TRIGGER t AFTER INSERT ON day BEGIN DELETE FROM pull; END"),
    ],
    ["one with a view", (path) => alter(path, "CREATE VIEW v AS SELECT * FROM day")],
    ["one with another table", (path) => alter(path, "CREATE TABLE more (a)")],
    ["one with another index", (path) => alter(path, "CREATE INDEX i ON pull (title)")],
    [
      "one whose table computes a column",
      (path) => alter(path, "ALTER TABLE pull ADD COLUMN n INTEGER AS (number + 1)"),
    ],
    ["one that holds nobody's coverage", (path) => alter(path, "DELETE FROM organization")],
  ];

  async function alter(path: string, sql: string): Promise<void> {
    await write(path, (store) => store.saveList(list([listed()])));
    using db = new DatabaseSync(path);
    db.exec(sql);
  }

  test.each(foreign)("%s", async (_, make) => {
    const path = await makePath();
    await make(path);
    const before = await readFile(path);
    await expect(openCoverageStore(path, ACME)).rejects.toMatchObject({ code: Code.FailedPrecondition });
    expect(() => openHistory(path)).toThrow(expect.objectContaining({ code: Code.FailedPrecondition }));
    expect(Buffer.compare(await readFile(path), before)).toBe(0);
    expect(await readdir(join(path, ".."))).toEqual(["coverage.db"]);
  });

  test.each([
    { ...ACME, service: "gitlab" },
    { ...ACME, owner: "globex" },
    { ...ACME, origin: "https://codecov.example" },
  ])("the store of another organization than %o", async (other) => {
    const path = await makePath();
    await write(path, (store) => store.saveList(list([listed()])));
    const before = await readFile(path);
    await expect(openCoverageStore(path, other)).rejects.toMatchObject({ code: Code.FailedPrecondition });
    expect(() => openHistory(path, other)).toThrow(
      expect.objectContaining({ code: Code.FailedPrecondition }),
    );
    expect(Buffer.compare(await readFile(path), before)).toBe(0);
    await write(path, (store) => expect(store.known()).toHaveLength(1), { ...ACME, owner: "ACME" });
  });

  test("a directory and a device", async () => {
    const directory = await makeDirectory();
    await mkdir(join(directory, "coverage.db"));
    expect(() => openHistory(join(directory, "coverage.db"))).toThrow(
      expect.objectContaining({ code: Code.FailedPrecondition }),
    );
    await expect(openCoverageStore(join(directory, "coverage.db"), ACME)).rejects.toMatchObject({
      code: Code.FailedPrecondition,
    });
  });

  test("one that is not there is NotFound to a reader, and so is nothing made of an empty one", async () => {
    const path = await makePath();
    expect(() => openHistory(path)).toThrow(expect.objectContaining({ code: Code.NotFound }));
    await writeFile(path, "");
    expect(() => openHistory(path)).toThrow(expect.objectContaining({ code: Code.FailedPrecondition }));
    await write(path, (store) => store.saveList(list([listed()])));
    using history = openHistory(path);
    expect(history.takenAt).toBe(NOW);
  });

  test("a damaged store is DataLoss", async () => {
    const path = await makePath();
    await write(path, (store) => store.saveList(list([listed()])));
    {
      using db = new DatabaseSync(path);
      db.exec("UPDATE repository SET totals = '[1,2]'");
    }
    using history = openHistory(path);
    expect(() => [...history.repositories(SINCE)]).toThrow(expect.objectContaining({ code: Code.DataLoss }));
  });
});

test("a store of an older version is brought up to date in one step, rows and all", async () => {
  const path = await makePath();
  await write(path, (store) => store.saveList(list([listed()])));
  const migrations = [
    ...MIGRATIONS,
    "ALTER TABLE repository ADD COLUMN colour TEXT; CREATE TABLE extra (a INTEGER)",
  ];
  const broken = [...MIGRATIONS, "ALTER TABLE repository ADD COLUMN colour TEXT", "CREATE TABLE day (a)"];
  expect(() => openForWriting(path, ACME, broken)).toThrow();
  expect(dump(path)["repository"]).not.toMatchObject([{ colour: null }]);
  const upgraded = openForWriting(path, ACME, migrations);
  upgraded.close();
  expect(dump(path)).toMatchObject({ repository: [{ name: "web", colour: null }], extra: [] });
  // This program does not know that version.
  await expect(openCoverageStore(path, ACME)).rejects.toMatchObject({ code: Code.FailedPrecondition });
});

test.runIf(process.platform === "linux" && process.getuid?.() === 0)(
  "a store in a directory that cannot be written is read, also after its writer was killed",
  async () => {
    const directory = await makeDirectory();
    const path = join(directory, "coverage.db");
    await write(path, async (store) => {
      store.saveList(list([listed()]));
      // What a killed writer leaves.
      const left = join(directory, "left");
      await mkdir(left);
      for (const suffix of ["", "-wal", "-shm"]) {
        await copyFile(`${path}${suffix}`, join(left, `coverage.db${suffix}`));
        await chmod(join(left, `coverage.db${suffix}`), 0o644);
      }
      await chmod(left, 0o555);
    });
    await chmod(path, 0o644);
    await chmod(directory, 0o555);
    const root = join(import.meta.dirname, "../../..");
    const script = `import("#codecov/coverage/store/coverage-history.ts").then(({ openHistory }) => {
      for (const path of process.argv.slice(1)) console.log([...openHistory(path).repositories({ sinceDay: "2026-01-01" })].length);
    });`;
    const { stdout, stderr } = spawnSync(
      "setpriv",
      [
        "--reuid=54321",
        "--regid=54321",
        "--clear-groups",
        process.execPath,
        "-e",
        script,
        path,
        join(directory, "left", "coverage.db"),
      ],
      { cwd: root, encoding: "utf8" },
    );
    expect({ stdout, stderr }).toEqual({ stdout: "1\n1\n", stderr: "" });
    await chmod(directory, 0o755);
    await chmod(join(directory, "left"), 0o755);
  },
);
