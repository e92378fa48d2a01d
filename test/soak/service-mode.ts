/**
 * Runs service mode for long between a C1 and a Codecov that fail in every way they know, and looks whether
 * it grows: memory, file descriptors, temporary files; and whether each task was finished exactly once.
 *
 *     npm run test:soak -- --minutes 10
 *
 * Prints one line a minute and the figures at the end; the exit code is 1 if something is wrong. Linux only.
 */

import { spawn } from "node:child_process";
import { once } from "node:events";
import { createWriteStream, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import type { Entitlement } from "#gen/c1/connector/v2/entitlement.ts";
import type { Resource } from "#gen/c1/connector/v2/resource.ts";
import { Code } from "#kernel/errors.ts";
import { openC1zReadOnly } from "#store/c1z-file.ts";
import { FakeC1, type Method } from "../fakes/c1/fake-c1.ts";
import { seededRandom } from "../fakes/codecov/random.ts";
import { startCodecovSimulator } from "../fakes/codecov/simulator.ts";

interface Sample {
  readonly minute: number;
  readonly hostMb: number;
  readonly connectorMb: number;
  readonly descriptors: number;
  readonly temporaryFiles: number;
}

interface Seat {
  readonly entitlement: Entitlement;
  readonly users: readonly Resource[];
}

const { values } = parseArgs({
  options: { minutes: { type: "string", default: "60" }, members: { type: "string", default: "500" } },
});
const minutes = Number(values.minutes);
const PROGRAM = fileURLToPath(new URL("../../src/bin/baton-codecov.ts", import.meta.url));
const TICK_MS = 250;
const SAMPLE_MS = 5_000;
const OVERLAPPING = "C1 sent a task again that is still running";

const random = seededRandom(7);
const chance = (share: number): boolean => random() < share;

const directory = await mkdtemp(join(tmpdir(), "baton-soak-"));
const tempDir = join(directory, "tmp");
await mkdir(tempDir);
const c1 = await FakeC1.start();
const codecov = await startCodecovSimulator({
  generated: { members: Number(values.members), service: "github", owner: "acme" },
});
writeFileSync(join(directory, "ca.pem"), c1.certificate);
c1.tokens.expiresIn = 30;

const program = spawn(process.execPath, [PROGRAM], {
  cwd: directory,
  env: {
    ...process.env,
    ...c1.environment(join(directory, "ca.pem")),
    BATON_CODECOV_API_TOKEN: codecov.tokens["admin-token"] ?? "",
    BATON_CODECOV_SERVICE: "github",
    BATON_CODECOV_OWNER: "acme",
    BATON_CODECOV_BASE_URL: codecov.baseUrl,
    BATON_PROVISIONING: "true",
    BATON_TMPDIR: tempDir,
    BATON_MAX_WAIT: "20s",
  },
  stdio: ["ignore", "ignore", "pipe"],
});
/** How often a task came while it was running, and was therefore left alone. */
const overlapping = new Map<string, number>();
const log = createWriteStream(join(directory, "log"));
createInterface(program.stderr).on("line", (line) => {
  log.write(`${line}\n`);
  const taskId = line.includes(OVERLAPPING) ? /"task_id":"(\w+)"/.exec(line)?.[1] : undefined;
  if (taskId !== undefined) overlapping.set(taskId, (overlapping.get(taskId) ?? 0) + 1);
});

/** How often each task was handed out. */
const tasks = new Map<string, number>();
const dropped = new Set<string>();
const samples: Sample[] = [];
let syncId: string | undefined;
let seat: Seat | undefined;

function addTasks(): void {
  if (syncId === undefined || c1.finished.has(syncId) || dropped.has(syncId)) {
    syncId = remember(c1.enqueue({ $case: "syncFull", value: {} }));
    if (chance(0.05)) {
      // Canceled before it began, so there is no report.
      c1.cancel(syncId);
      dropped.add(syncId);
    }
  }
  if (tasks.size - dropped.size - c1.finished.size < 10) {
    remember(c1.enqueue({ $case: "listEventFeeds", value: {} }));
    remember(c1.enqueue({ $case: "actionListSchemas", value: {} }));
    if (seat !== undefined && chance(0.3)) remember(c1.enqueue(chooseSeatChange(seat)));
  }
  for (const id of tasks.keys()) {
    if (chance(0.02) && c1.isHandedOut(id) && !c1.finished.has(id)) {
      c1.repeat(id);
      remember(id);
    }
  }
}

/** Learns from the first upload what can be granted to whom. */
async function learnSeat(): Promise<void> {
  const [[content] = []] = [...c1.uploads.values()];
  if (seat !== undefined || content === undefined) return;
  const path = join(directory, "first.c1z");
  writeFileSync(path, content);
  await using file = await openC1zReadOnly(path, { tempDir: directory });
  const reader = file.reader(file.runs.pick().id);
  const entitlement = reader.listEntitlements({}, {}).items.find(({ id }) => id.startsWith("license:"));
  const users = reader.listResources({ resourceTypeId: "user" }, {}).items;
  if (entitlement !== undefined) seat = { entitlement, users: users.slice(0, 5) };
}

function chooseSeatChange({ entitlement, users }: Seat) {
  const principal = users[Math.floor(random() * users.length)];
  if (chance(0.5)) return { $case: "grant", value: { entitlement, principal } } as const;
  const id = `${entitlement.id}:user:${principal?.id?.resource}`;
  return { $case: "revoke", value: { grant: { id, entitlement, principal } } } as const;
}

function remember(id: string): string {
  tasks.set(id, (tasks.get(id) ?? 0) + 1);
  return id;
}

function addFaults(): void {
  const methods: readonly Method[] = ["getTask", "heartbeat", "finishTask", "uploadAsset"];
  const method = methods[Math.floor(random() * methods.length)] ?? "getTask";
  const codes = [Code.Unavailable, Code.Internal, Code.ResourceExhausted, Code.DeadlineExceeded];
  const code =
    method === "finishTask" ? Code.Unavailable : (codes[Math.floor(random() * codes.length)] ?? 14);
  if (chance(0.05)) c1.faults[method] = { code, times: 1, processed: chance(0.5) && method === "finishTask" };
  if (chance(0.05)) c1.faults[method] = { delayMs: 500, times: 3 };
  if (chance(0.01)) c1.tokens.revokeAll();
  // An outage ends whether or not anybody asked meanwhile: the service may wait a minute between two questions.
  if (chance(0.01)) c1.tokens.fault = { status: 503 };
  else if (chance(0.1)) c1.tokens.fault = undefined;
  if (chance(0.05)) codecov.faults.add({ fault: { kind: "reset", at: chance(0.5) ? "request" : "body" } });
  if (chance(0.05))
    codecov.faults.add({ fault: { kind: "answer", status: 502, text: "<html>", processed: false } });
  if (chance(0.02)) codecov.faults.add({ fault: { kind: "delay", ms: 1_000, processed: true } });
  if (chance(0.002)) killConnector();
}

function killConnector(): void {
  const [child] = childrenOf(program.pid ?? 0);
  if (child !== undefined) process.kill(child, "SIGKILL");
}

function childrenOf(pid: number): number[] {
  return readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").split(" ").filter(Boolean).map(Number);
}

function residentMb(pid: number | undefined): number {
  if (pid === undefined) return 0;
  try {
    return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1] ?? 0) / 1024;
  } catch {
    return 0;
  }
}

function takeSample(minute: number): Sample {
  const pid = program.pid ?? 0;
  const sample = {
    minute,
    hostMb: residentMb(pid),
    connectorMb: residentMb(childrenOf(pid)[0]),
    descriptors: readdirSync(`/proc/${pid}/fd`).length,
    temporaryFiles: readdirSync(tempDir).length,
  };
  samples.push(sample);
  return sample;
}

function median(numbers: readonly number[]): number {
  return Math.round(numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? 0);
}

/** The middle of the second quarter of the time, and of the last. */
function compare(read: (sample: Sample) => number): { readonly early: number; readonly late: number } {
  const quarter = Math.floor(samples.length / 4);
  const numbers = samples.map(read);
  return { early: median(numbers.slice(quarter, 2 * quarter)), late: median(numbers.slice(-quarter)) };
}

const startedAt = Date.now();
let sampledAt = 0;
let told = 0;
let seatChanges = 0;
while (Date.now() - startedAt < minutes * 60_000 && program.exitCode === null) {
  addTasks();
  addFaults();
  const elapsed = Date.now() - startedAt;
  if (elapsed - sampledAt >= SAMPLE_MS) {
    sampledAt = elapsed;
    const sample = takeSample(elapsed / 60_000);
    if (Math.floor(sample.minute) > told) {
      told = Math.floor(sample.minute);
      process.stdout.write(
        `${JSON.stringify({ ...sample, tasks: tasks.size, finished: c1.finished.size })}\n`,
      );
    }
    await learnSeat();
    // Nobody looks at them, and they are large.
    c1.uploads.clear();
    c1.calls.length = 0;
    seatChanges += codecov.counters.byMethod["PATCH"] ?? 0;
    codecov.clearRequests();
  }
  await delay(TICK_MS);
}

// Everything calms down, so that what was begun can end.
for (const method of Object.keys(c1.faults)) Reflect.deleteProperty(c1.faults, method);
codecov.faults.clear();
const reported = [...tasks.keys()].filter((id) => !dropped.has(id));
for (let waited = 0; waited < 120_000 && reported.some((id) => !c1.finished.has(id)); waited += TICK_MS) {
  await delay(TICK_MS);
}
const isAlive = program.exitCode === null;
program.kill("SIGTERM");
const [exitCode] = isAlive ? await once(program, "exit") : [program.exitCode];

const lost = (id: string): number => c1.lostReports.filter((other) => other === id).length;
const wrong = reported.filter((id) => {
  const runs = (tasks.get(id) ?? 0) - (overlapping.get(id) ?? 0);
  return (c1.finished.get(id)?.length ?? 0) !== runs + lost(id);
});
const figures = {
  minutes,
  tasks: tasks.size,
  reports: [...c1.finished.values()].reduce((sum, reports) => sum + reports.length, 0),
  repeatedWhileRunning: [...overlapping.values()].reduce((sum, count) => sum + count, 0),
  lostReports: c1.lostReports.length,
  seatChanges,
  notExactlyOnce: wrong.length,
  violations: c1.violations.length,
  hostMb: compare(({ hostMb }) => hostMb),
  connectorMb: compare(({ connectorMb }) => connectorMb),
  descriptors: compare(({ descriptors }) => descriptors),
  temporaryFilesAtEnd: readdirSync(tempDir).length,
  exitCode,
};
process.stdout.write(`${JSON.stringify(figures, undefined, 2)}\n`);
const isSound =
  isAlive &&
  exitCode === 0 &&
  wrong.length === 0 &&
  c1.violations.length === 0 &&
  figures.temporaryFilesAtEnd === 0 &&
  figures.hostMb.late < figures.hostMb.early * 1.25 &&
  figures.descriptors.late <= figures.descriptors.early + 5;
await Promise.all([c1.close(), codecov.close()]);
if (isSound) await rm(directory, { recursive: true });
else process.stdout.write(`${JSON.stringify({ wrong: wrong.slice(0, 5), log: join(directory, "log") })}\n`);
process.exitCode = isSound ? 0 : 1;
