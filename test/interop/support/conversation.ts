/** What a program in service mode and C1 say to each other: recorded by the fake C1, then compared. */

import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { at, type JsonValue } from "./baton.ts";
import { flatten } from "./compare.ts";
import { BUILD_DIRECTORY } from "./paths.ts";
import { start } from "./process.ts";
import { type Connector, type Host, programPath } from "./programs.ts";
import { openScene, type Scene, type SceneOptions } from "./scene.ts";

/** One task from being handed out to being reported, or a while without a task. */
export interface Step {
  readonly name: string;
  /** In the JSON form of protobuf, without id. */
  readonly task?: { readonly [field: string]: JsonValue };
  /** In the wire form of protobuf, as base64. */
  readonly rawTask?: string;
  /** How many polls a step without a task lasts. */
  readonly polls?: number;
  /** Ends the step of a task that is never reported. */
  readonly patienceMs?: number;
  readonly cancelAtHeartbeat?: number;
  readonly faults?: readonly StepFault[];
}

/** Makes calls of a method fail while the step runs. */
export interface StepFault {
  readonly method: Method;
  /** gRPC code; of the method "Token" the HTTP status. */
  readonly code: number;
  /** How many calls are answered well before; default 0. */
  readonly skip?: number;
  readonly times: number;
}

export type Method = "Token" | "Hello" | "GetTask" | "Heartbeat" | "UploadAsset" | "FinishTask";

/** A call as the fake C1 recorded it. */
interface Call {
  readonly step: string;
  readonly method: Method;
  readonly atMs: number;
  readonly isNewConnection: boolean;
  readonly metadata: { readonly [name: string]: string };
  readonly deadlineMs: number;
  readonly request: JsonValue;
  readonly file?: string;
  readonly violations: readonly string[];
  readonly code: number;
}

/** A message: path → value as JSON. */
export type Message = ReadonlyMap<string, string>;

export interface Conversation extends AsyncDisposable {
  /** By step, method and number, in the order in which they came. */
  readonly messages: ReadonlyMap<string, Message>;
  /** Milliseconds between a message and the one before it of the same step and method. */
  readonly pauses: ReadonlyMap<string, number>;
  /** Rules that requests broke. */
  readonly violations: readonly string[];
  /** The file that each step uploaded first. */
  readonly uploads: ReadonlyMap<string, string>;
  /** Names of temporary files that are left. */
  readonly leftovers: readonly string[];
}

/** A field that two conversations disagree about; undefined where one does not have it. */
export interface MessageDifference {
  /** Step, method and number of the call within its step. */
  readonly message: string;
  readonly path: string;
  readonly left: string | undefined;
  readonly right: string | undefined;
}

/** Path of a difference that is about a whole message, which only one side sends. */
export const WHOLE_MESSAGE = "(message)";

export interface Meeting {
  /** Names the recording, which is kept in the build directory. */
  readonly title: string;
  readonly host: Host;
  readonly connector: Connector;
  readonly steps: readonly Step[];
  readonly env?: Readonly<Record<string, string>>;
  /** Default: 52 members full of oddities. */
  readonly organization?: SceneOptions;
  /** Ends the program when the steps are over; default SIGINT. */
  readonly signal?: NodeJS.Signals;
  /** Makes Codecov misbehave. */
  readonly prepare?: (scene: Scene) => void;
}

const TIMEOUT_MS = 100_000;
const RECORDINGS = join(BUILD_DIRECTORY, "conversations");

/** Runs a program against a C1 that follows `steps`; when they are over the program is ended. */
export async function converse(meeting: Meeting): Promise<Conversation> {
  const scene = await openScene(meeting.organization ?? { state: "acme-52" });
  try {
    meeting.prepare?.(scene);
    const exitCode = await runToEnd(meeting, scene);
    const calls = await readCalls(meeting, scene);
    const { messages, pauses } = toMessages(calls);
    return {
      messages: messages.set("end", new Map([["exitCode", JSON.stringify(exitCode ?? null)]])),
      pauses,
      violations: calls.flatMap(({ violations }) => violations),
      uploads: findUploads(calls),
      leftovers: await readdir(scene.path("tmp")),
      [Symbol.asyncDispose]: () => scene[Symbol.asyncDispose](),
    };
  } catch (error) {
    await scene[Symbol.asyncDispose]();
    throw error;
  }
}

/** @returns the exit code of the program */
async function runToEnd(meeting: Meeting, scene: Scene): Promise<number | undefined> {
  const { host, connector, steps } = meeting;
  await Promise.all([mkdir(scene.path("c1")), mkdir(scene.path("tmp"))]);
  const scenario = scene.path("scenario.json");
  await writeFile(scenario, JSON.stringify({ nextPollMs: 20, nextHeartbeatMs: 1_000, steps }));
  const c1 = start({
    program: programPath("fake-c1"),
    args: [scenario, scene.path("c1")],
    timeoutMs: TIMEOUT_MS,
  });
  try {
    await c1.said("ready");
    const env = { ...(await readAccess(scene)), ...meeting.env };
    const program = scene.start({ host, connector, env, timeoutMs: TIMEOUT_MS });
    await Promise.race([c1.said("over"), program.finished]);
    program.signal(meeting.signal ?? "SIGINT");
    return (await program.finished).code;
  } finally {
    await c1.stop();
  }
}

/** The settings that lead a program to the fake C1. */
async function readAccess(scene: Scene): Promise<Record<string, string>> {
  const text = await readFile(scene.path("c1/access.json"), "utf8");
  const { address, clientId, clientSecret } = JSON.parse(text) as Record<string, string>;
  return {
    BATON_C1_API_HOST: address ?? "",
    BATON_CLIENT_ID: clientId ?? "",
    BATON_CLIENT_SECRET: clientSecret ?? "",
    BATON_HOST_ID: "host-1",
    BATON_TMPDIR: scene.path("tmp"),
    SSL_CERT_FILE: scene.path("c1/ca.pem"),
  };
}

/** Reads what the fake C1 recorded, and keeps a copy. */
async function readCalls({ title, host, connector }: Meeting, scene: Scene): Promise<Call[]> {
  const text = await readFile(scene.path("c1/conversation.jsonl"), "utf8");
  await mkdir(RECORDINGS, { recursive: true });
  await writeFile(join(RECORDINGS, `${title} (${String(host)}, ${String(connector)}).jsonl`), text);
  return text
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as Call);
}

function findUploads(calls: readonly Call[]): Map<string, string> {
  const uploads = new Map<string, string>();
  for (const { step, file, code } of calls) {
    if (file !== undefined && code === 0 && !uploads.has(step)) uploads.set(step, file);
  }
  return uploads;
}

/** Methods whose number of calls depends on how fast everything goes. */
const REPEATED: readonly Method[] = ["GetTask", "Heartbeat"];

/** The fake's name for what comes when the scenario is over. */
const AFTERWARDS = "afterwards";

function toMessages(calls: readonly Call[]) {
  const messages = new Map<string, Message>();
  const pauses = new Map<string, number>();
  const counts = new Map<string, number>();
  const last = new Map<string, Call>();
  for (const call of calls) {
    if (call.step === AFTERWARDS) continue;
    const kind = `${call.step}: ${call.method}`;
    const before = last.get(kind);
    last.set(kind, call);
    if (before?.code === 0 && call.code === 0 && REPEATED.includes(call.method)) continue;
    const count = (counts.get(kind) ?? 0) + 1;
    counts.set(kind, count);
    messages.set(`${kind} ${count}`, describe(call));
    if (before !== undefined) pauses.set(`${kind} ${count}`, call.atMs - before.atMs);
  }
  return { messages, pauses };
}

function describe({ isNewConnection, metadata, deadlineMs, request, violations, code }: Call) {
  const fields = new Map<string, string>();
  const content = Array.isArray(request) ? request.filter(isFirstOfItsSize) : request;
  flatten({ isNewConnection, metadata, deadlineMs, request: content, violations, code }, "", fields);
  for (const [path, value] of fields) fields.set(path, withoutChance(path, value));
  return fields;
}

const FULL_PART_BYTES = 524_288;

/** Files have different sizes, and uploads therefore a different number of full parts. */
function isFirstOfItsSize(part: JsonValue, index: number, parts: readonly JsonValue[]): boolean {
  return at(part, "data") !== FULL_PART_BYTES || at(parts[index - 1], "data") !== FULL_PART_BYTES;
}

/** Replaces what is different in each run. */
function withoutChance(path: string, value: string): string {
  if (/^request\.\d+\.data$/.test(path)) return Number(value) === FULL_PART_BYTES ? '"full"' : '"the rest"';
  if (/^"[0-9A-Za-z]{27}"$/.test(value) && !path.endsWith("taskId")) return '"an id"';
  return value.replace(/localhost:\d+/, "localhost");
}

export function compareConversations(left: Conversation, right: Conversation): MessageDifference[] {
  return [...new Set([...left.messages.keys(), ...right.messages.keys()])].flatMap((message) => {
    const [before, after] = [left.messages.get(message), right.messages.get(message)];
    if (before === undefined || after === undefined) {
      const presence = (side: Message | undefined) => (side === undefined ? undefined : summarize(side));
      return [{ message, path: WHOLE_MESSAGE, left: presence(before), right: presence(after) }];
    }
    return [...new Set([...before.keys(), ...after.keys()])]
      .map((path) => ({ message, path, left: before.get(path), right: after.get(path) }))
      .filter((field) => field.left !== field.right);
  });
}

/** What a message comes to, in a few words. */
function summarize(message: Message): string {
  const code = message.get("request.status.code");
  const isFinal = message.get("request.error.nonRetryable") === "true";
  return code === undefined ? "sent" : `sent with code ${code}${isFinal ? ", final" : ", retryable"}`;
}
