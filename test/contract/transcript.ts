import { once } from "node:events";
import { symlinkSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { delimiter, dirname, join } from "node:path";
import { onTestFinished } from "vitest";
import { installProgram, makeDirectory, replaceOutputs, root, typedCommands } from "../unit/docs/snippets.ts";
import { startAtTerminal } from "./terminal.ts";
import { replaceVolatile } from "./volatile.ts";

/** Ports that the documents name. The runs take others, since somebody may listen on these. */
const PORTS = ["9090", "9443", "8081"];

/** Where the documents say that the checkout is. */
const CHECKOUT = "/home/you/baton-codecov";

/** Separates what the commands print. */
const SEPARATOR = "\u001e";

/** What a checkout needs to run the simulator and the stand-in for C1. */
const PARTS = ["package.json", "node_modules", "gen", "src", "test"];

/** What became of the commands of a text. */
export interface Transcript {
  /** The text with what was printed now, see {@link replaceVolatile}. */
  readonly text: string;
  /** Where they ran, for what they left there. */
  readonly directory: string;
}

/**
 * Runs all commands of a text in order, in one shell at one terminal, and puts what they print in the place of what stands
 * there. The shell is in a directory that looks like a checkout, with the program installed.
 *
 * @param variables that the shell begins with, besides its own
 * @throws Error if the shell does not come to the end
 */
export async function transcribe(
  text: string,
  variables: Readonly<Record<string, string | undefined>> = {},
): Promise<Transcript> {
  const directory = await makeDirectory();
  for (const name of PARTS) symlinkSync(join(root, name), join(directory, name));
  const ports = new Map(await Promise.all(PORTS.map(async (port) => [port, await findPort()] as const)));
  const actual = (typed: string) => typed.replaceAll(/\b\d{4}\b/g, (number) => ports.get(number) ?? number);
  const shown = (printed: string) =>
    [...ports].reduce((all, [port, real]) => all.replaceAll(new RegExp(`\\b${real}\\b`, "g"), port), printed);

  const commands = typedCommands(text);
  const begin = Date.now();
  const elsewhere = await makeDirectory();
  writeFileSync(join(elsewhere, "typed.sh"), shellScript(commands.map(actual)));
  const terminal = startAtTerminal(`bash ${join(elsewhere, "typed.sh")}`, {
    cwd: directory,
    env: {
      ...variables,
      PATH: [dirname(installProgram(elsewhere)), process.env["PATH"]].join(delimiter),
      HOME: directory,
      BATON_TMPDIR: elsewhere,
      BATON_HOST_ID: "laptop",
      BATON_HEALTH_CHECK_PORT: ports.get("8081"),
    },
  });
  onTestFinished(() => void terminal.process.kill());
  const { lines } = await terminal.result;
  const screen = shown(lines.join("\n")).replaceAll(directory, CHECKOUT);
  const printed = replaceVolatile(screen, begin, Date.now());
  const [, ...outputs] = printed.split(`${SEPARATOR}\n`);
  if (outputs.length !== commands.length + 1) throw new Error(`the shell ended early:\n${printed}`);
  return { text: replaceOutputs(text, outputs), directory };
}

/** A script that runs the commands as if they were typed one after the other. */
function shellScript(commands: readonly string[]): string {
  const typed = commands.flatMap((command) => [
    // People do not type on in the second in which something ended.
    command.includes("$(date") ? "sleep 1" : "",
    `printf '${SEPARATOR}\\n'`,
    '(exit "$status")',
    command,
    "status=$?",
    // Nor while a server still starts.
    ...[...command.matchAll(/> (\S+) &$/g)].map(([, log]) => `until [ -s ${log} ]; do sleep 0.1; done`),
  ]);
  return [
    "trap 'kill %1 %2 %3' EXIT",
    // Jobs have process groups of their own, as at a prompt: `kill` reaches what npm has started, too.
    "set -m",
    "stty cols 120 rows 50",
    "status=0",
    ...typed,
    `printf '${SEPARATOR}\\n'`,
    "exec > /dev/null 2>&1",
  ].join("\n");
}

async function findPort(): Promise<string> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  server.close();
  if (address === null || typeof address === "string") throw new Error("no port");
  return String(address.port);
}
