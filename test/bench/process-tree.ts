/** Runs a program and measures it together with the processes it starts. Linux only: it reads `/proc`. */

import { spawn } from "node:child_process";
import { once } from "node:events";
import { readdirSync, readFileSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";

export interface Command {
  readonly program: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
}

/** What one process used until it was last looked at. */
export interface ProcessUse {
  readonly cpuMs: number;
  /** Highest resident set. */
  readonly peakKb: number;
}

export interface TreeUse {
  readonly wallMs: number;
  /** Of all processes together. */
  readonly cpuMs: number;
  /** Of the program itself. */
  readonly hostKb: number;
  /** Of the largest process it started; 0 if there was none. */
  readonly childKb: number;
}

/** Between two looks; a process can do that much unseen before it ends. */
const LOOK_MS = 10;
const TICKS_PER_SECOND = 100;

/** Runs the program to its end. @throws Error if it fails, with the end of what it said. */
export async function runMeasured({ program, args, env }: Command): Promise<TreeUse> {
  const startedAt = performance.now();
  const root = spawn(program, [...args], { env: { ...env }, stdio: ["ignore", "ignore", "pipe"] });
  let said = "";
  root.stderr.setEncoding("utf8").on("data", (text: string) => {
    said = (said + text).slice(-2_000);
  });
  const closed = once(root, "close");
  let wallMs: number | undefined;
  root.once("exit", () => {
    wallMs = performance.now() - startedAt;
  });
  const seen = new Map<number, ProcessUse>();
  while (wallMs === undefined) {
    for (const pid of findTree(root.pid ?? 0)) {
      const use = readUse(pid);
      if (use !== undefined) seen.set(pid, use);
    }
    await Promise.race([closed, delay(LOOK_MS)]);
  }
  await closed;
  if (root.exitCode !== 0) throw new Error(`${program} ended with exit code ${root.exitCode}: ${said}`);
  const started = [...seen].filter(([pid]) => pid !== root.pid).map(([, use]) => use.peakKb);
  return {
    wallMs,
    cpuMs: [...seen.values()].reduce((sum, use) => sum + use.cpuMs, 0),
    hostKb: seen.get(root.pid ?? 0)?.peakKb ?? 0,
    childKb: Math.max(0, ...started),
  };
}

/** What a process has used so far; undefined if it is gone. */
export function readUse(pid: number): ProcessUse | undefined {
  try {
    // The name in parentheses may hold anything, so fields are counted from behind it.
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    const ticks = Number(fields[11]) + Number(fields[12]);
    const peak = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1];
    return peak === undefined
      ? undefined
      : { cpuMs: (ticks * 1_000) / TICKS_PER_SECOND, peakKb: Number(peak) };
  } catch {
    return undefined;
  }
}

function findTree(root: number): number[] {
  const found = [root];
  for (const pid of found) found.push(...findChildren(pid));
  return found;
}

function findChildren(pid: number): number[] {
  try {
    return readdirSync(`/proc/${pid}/task`).flatMap((thread) =>
      readFileSync(`/proc/${pid}/task/${thread}/children`, "utf8").split(" ").filter(Boolean).map(Number),
    );
  } catch {
    return [];
  }
}
