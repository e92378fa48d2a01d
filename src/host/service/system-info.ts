import { readFile } from "node:fs/promises";
import { hostname, machine, platform, release } from "node:os";
import {
  BatonServiceHelloRequest_BuildInfo as BuildInfo,
  BatonServiceHelloRequest_OSInfo as OSInfo,
} from "#gen/c1/connectorapi/baton/v1/baton.ts";
import { truncateUtf8 } from "#model/utf8.ts";

/** What the program is. */
export interface ProgramInfo {
  readonly name: string;
  readonly version: string;
}

/** C1 takes texts of up to this many bytes. */
const MAX_LENGTH = 256;

export function describeBuild({ name, version }: ProgramInfo): BuildInfo {
  return BuildInfo.fromPartial(
    limitAll({ langVersion: `node ${process.version}`, package: name, packageVersion: version }),
  );
}

/** The machine, in the words of Go connectors. No text is empty: their sources say that C1 refuses that. */
export async function describeSystem(): Promise<OSInfo> {
  const os = platform() === "win32" ? "windows" : platform();
  const distributionFacts = await readOsRelease();
  const distribution = distributionFacts["ID"] || os;
  const kernelVersion = release() || "unknown";
  return OSInfo.fromPartial(
    limitAll({
      hostname: hostname() || "unknown",
      os,
      platform: distribution,
      platformVersion: distributionFacts["VERSION_ID"] || kernelVersion,
      platformFamily: distributionFacts["ID_LIKE"]?.split(" ")[0] || distribution,
      kernelVersion,
      kernelArch: machine() || process.arch,
      virtualizationSystem: await findVirtualization(),
    }),
  );
}

/** The assignments in `/etc/os-release`; none where there is no such file. */
async function readOsRelease(): Promise<Readonly<Record<string, string>>> {
  const text = await readFile("/etc/os-release", "utf8").catch(() => "");
  const assignments = [...text.matchAll(/^([A-Z_]+)=["']?([^"'\n]*)["']?$/gm)];
  return Object.fromEntries(assignments.map(([, name = "", value = ""]) => [name, value]));
}

async function findVirtualization(): Promise<string> {
  if (await readFile("/.dockerenv").catch(() => undefined)) return "docker";
  return process.env["KUBERNETES_SERVICE_HOST"] === undefined ? "none" : "kubernetes";
}

function limitAll<T extends Readonly<Record<string, string>>>(texts: T): Record<keyof T & string, string> {
  const entries = Object.entries(texts).map(([key, text]) => [key, truncateUtf8(text, MAX_LENGTH)]);
  return Object.fromEntries(entries);
}
