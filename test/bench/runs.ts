/** One run of each kind of scenario. */

import { execFileSync } from "node:child_process";
import { rmSync, statSync } from "node:fs";
import { join } from "node:path";
import type { Entitlement } from "#gen/c1/connector/v2/entitlement.ts";
import { ResourceId, ResourceType_Trait } from "#gen/c1/connector/v2/resource.ts";
import { silentLogger } from "#kernel/logger.ts";
import { type LaunchedConnector, launchConnector } from "#launch/launch.ts";
import { makeEntitlement, Purpose } from "#model/entitlement.ts";
import { makeResource, Resource } from "#model/resource.ts";
import { type Command, readUse, runMeasured } from "./process-tree.ts";
import { commandOf, type Programs, type Side, WORK_DIRECTORY } from "./programs.ts";
import type { SimulatorProcess } from "./simulator-process.ts";

/** What a run came to. Figures that a kind of scenario does not have are missing. */
export interface Figures {
  readonly wallMs: number;
  readonly cpuMs?: number;
  readonly hostKb?: number;
  readonly childKb?: number;
  readonly requests?: number;
  readonly fileBytes?: number;
  /** Processor time of the simulator meanwhile. */
  readonly simulatorMs?: number;
  /** Differences that `baton diff` finds between two syncs of the same organization. */
  readonly phantoms?: number;
}

export interface Bench {
  readonly programs: Programs;
  readonly simulator: SimulatorProcess;
}

const SEAT_CHANGES = 100;

/** From the spawn of the connector process to the answer to its first `Validate`. */
export async function runStart({ programs, simulator }: Bench, side: Side): Promise<Figures> {
  const command = commandOf(programs, side, simulator, {});
  const startedAt = performance.now();
  const connector = await launch(command);
  try {
    await connector.client.validate({}, new AbortController().signal);
    return { wallMs: performance.now() - startedAt };
  } finally {
    await connector.close();
  }
}

/** All pages of `ListResources` from a running process. */
export async function runList({ programs, simulator }: Bench, side: Side): Promise<Figures> {
  const connector = await launch(commandOf(programs, side, simulator, {}));
  try {
    const { signal } = new AbortController();
    await connector.client.validate({}, signal);
    return await measureAlone(simulator, connector, async () => {
      let pageToken = "";
      do {
        const page = await connector.client.listResources(
          {
            resourceTypeId: "user",
            parentResourceId: undefined,
            pageSize: 0,
            pageToken,
            annotations: [],
            activeSyncId: "",
            trait: ResourceType_Trait.TRAIT_UNSPECIFIED,
          },
          signal,
        );
        pageToken = page.nextPageToken;
      } while (pageToken !== "");
    });
  } finally {
    await connector.close();
  }
}

/** Takes and gives seats one after the other through a running process. */
export async function runProvision({ programs, simulator }: Bench, side: Side): Promise<Figures> {
  const command = commandOf(programs, side, simulator, { access: true, args: ["--provisioning"] });
  const connector = await launch(command);
  try {
    const { signal } = new AbortController();
    await connector.client.validate({}, signal);
    const entitlement = await findSeatEntitlement(connector, signal);
    return await measureAlone(simulator, connector, async () => {
      for (let change = 0; change < SEAT_CHANGES / 2; change += 1) {
        // Every third member has no seat, beginning with the second.
        const resource = `member-${String(change * 3 + 2).padStart(7, "0")}`;
        const id = ResourceId.fromPartial({ resourceType: "user", resource });
        const principal = Resource.fromPartial({ id });
        const answer = await connector.client.grant({ entitlement, principal, annotations: [] }, signal);
        const [grant] = answer.grants;
        if (grant === undefined) throw new Error(`${side} granted nothing to ${id.resource}`);
        await connector.client.revoke({ grant, annotations: [] }, signal);
      }
    });
  } finally {
    await connector.close();
  }
}

/** The whole program: one sync into a new file. */
export async function runSync({ programs, simulator }: Bench, side: Side, access: boolean): Promise<Figures> {
  const file = newFile(side);
  const command = commandOf(programs, side, simulator, { access, args: ["--file", file] });
  await simulator.forgetRequests();
  const before = simulator.cpuMs();
  const use = await runMeasured(command);
  const simulatorMs = simulator.cpuMs() - before;
  return { ...use, simulatorMs, requests: await simulator.countRequests(), fileBytes: statSync(file).size };
}

/** Two syncs into one file, and what the vendor's tool sees between them. */
export async function runTwice({ programs, simulator }: Bench, side: Side): Promise<Figures> {
  const file = newFile(side);
  const command = commandOf(programs, side, simulator, { access: true, args: ["--file", file] });
  const { wallMs } = await runMeasured(command);
  await runMeasured(command);
  if (programs.go === undefined) return { wallMs };
  const output = execFileSync(programs.go.baton, ["diff", "-f", file], { maxBuffer: 2 ** 30 });
  return { wallMs, phantoms: countRows(JSON.parse(output.toString())) };
}

async function launch(command: Command): Promise<LaunchedConnector> {
  return launchConnector(
    {
      command: command.program,
      args: [...command.args, "--log-level=error", "_connector-service"],
      env: command.env,
    },
    { log: silentLogger, signal: new AbortController().signal },
  );
}

/** Measures `work` in a process that ran before and runs on. */
async function measureAlone(
  simulator: SimulatorProcess,
  connector: LaunchedConnector,
  work: () => Promise<void>,
): Promise<Figures> {
  await simulator.forgetRequests();
  const pid = connector.pid ?? 0;
  const before = readUse(pid)?.cpuMs ?? 0;
  const simulatorBefore = simulator.cpuMs();
  const startedAt = performance.now();
  await work();
  const wallMs = performance.now() - startedAt;
  const after = readUse(pid);
  return {
    wallMs,
    cpuMs: (after?.cpuMs ?? 0) - before,
    childKb: after?.peakKb ?? 0,
    simulatorMs: simulator.cpuMs() - simulatorBefore,
    requests: await simulator.countRequests(),
  };
}

async function findSeatEntitlement(connector: LaunchedConnector, signal: AbortSignal): Promise<Entitlement> {
  const resource = makeResource({ resourceType: "license", id: "acme", displayName: "Codecov seats" });
  const page = await connector.client.listEntitlements(
    { resource, pageSize: 0, pageToken: "", annotations: [], activeSyncId: "" },
    signal,
  );
  return (
    page.list[0] ??
    makeEntitlement({
      resource,
      slug: "assigned",
      purpose: Purpose.PURPOSE_VALUE_ASSIGNMENT,
      grantableTo: ["user"],
    })
  );
}

function newFile(side: Side): string {
  const file = join(WORK_DIRECTORY, `${side}.c1z`);
  rmSync(file, { force: true });
  return file;
}

/** The rows in a report of differences, whatever their kind. */
function countRows(value: unknown): number {
  if (Array.isArray(value)) return value.length;
  if (typeof value !== "object" || value === null) return 0;
  return Object.values(value).reduce((sum: number, part) => sum + countRows(part), 0);
}
