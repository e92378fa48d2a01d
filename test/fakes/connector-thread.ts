/** A connector thread for tests of the host: the first argument says what it plays, the second is a number. */

import { writeFileSync } from "node:fs";
import type { Resource } from "#gen/c1/connector/v2/resource.ts";
import { BatonError, Code } from "#kernel/errors.ts";
import { Redactor } from "#kernel/secret.ts";
import { packAnnotation } from "#model/annotations.ts";
import { runConnectorThread } from "#server/connector-thread.ts";
import { createLogger } from "#telemetry/log-writer.ts";
import { receiveThreadStart, type ThreadStart } from "#wire/thread-messages.ts";
import { ProbeConnector } from "./probe-connector.ts";
import { ToyConnector } from "./toy-connector.ts";

/** Fails outside of any handler while a call waits. */
class CrashingConnector extends ToyConnector {
  override validate() {
    setImmediate(() => {
      throw new Error("crashed");
    });
    return new Promise<never>(() => {});
  }
}

/** Forgets a promise that fails, and goes on. */
class ForgetfulConnector extends ToyConnector {
  override async validate() {
    void Promise.reject(new Error("forgotten"));
    return await super.validate();
  }
}

class LoopingConnector extends ToyConnector {
  override async validate(): Promise<never> {
    loopForever();
  }
}

class SilentConnector extends ToyConnector {
  override validate() {
    return new Promise<never>(() => {});
  }
}

/** Writes the file that FAREWELL_FILE names when it is told to let go. */
class FarewellConnector extends ToyConnector {
  override async close(): Promise<void> {
    writeFileSync(process.env["FAREWELL_FILE"] ?? "", "let go");
  }
}

/** Gives what it knows of people and teams in the opposite order at every other start. */
class FickleConnector extends ToyConnector {
  constructor(isOdd: boolean) {
    super();
    for (const known of [this.people, this.teams])
      for (const [name, resource] of known) known.set(name, withProfile(resource, isOdd));
  }
}

function withProfile(resource: Resource, isReversed: boolean): Resource {
  const facts = [
    ["zone", "z"],
    ["Boss", "b"],
    ["über", { y: 1, x: 2 }],
    ["floor", 3],
  ] as const;
  const inOrder = <T>(entries: readonly (readonly [string, T])[]) =>
    Object.fromEntries(isReversed ? entries.toReversed() : entries);
  const nested = facts.map(([key, value]) =>
    typeof value === "object" ? ([key, inOrder(Object.entries(value))] as const) : ([key, value] as const),
  );
  const profile = inOrder<unknown>(nested);
  return {
    ...resource,
    profile,
    annotations: [...resource.annotations, packAnnotation("UserTrait", { profile })],
  };
}

function loopForever(): never {
  for (;;);
}

async function serve({ connectorPort }: ThreadStart, connector: ToyConnector): Promise<number> {
  return await runConnectorThread({
    createConnector: () => connector,
    gates: { provisioning: true, ticketing: false },
    log: createLogger({
      level: "error",
      write: (line) => connectorPort.postMessage({ kind: "log", line }),
    }),
    redactor: new Redactor(),
    port: connectorPort,
    ...(connector instanceof ProbeConnector ? { tracer: connector.tracer } : {}),
  });
}

const modes: Readonly<Record<string, (start: ThreadStart, number: number) => number | Promise<number>>> = {
  probe: (start) => serve(start, new ProbeConnector()),
  crashes: (start) => serve(start, new CrashingConnector()),
  forgets: (start) => serve(start, new ForgetfulConnector()),
  "says-farewell": (start) => serve(start, new FarewellConnector()),
  fickle: (start, number) => serve(start, new FickleConnector(number % 2 === 1)),
  loops: (start) => serve(start, new LoopingConnector()),
  "never-answers": (start) => serve(start, new SilentConnector()),
  "loops-at-start": loopForever,
  "ends-at-once": (_start, exitCode) => exitCode,
  "fails-to-load": () => {
    throw new BatonError(Code.Unknown, "there is a piece missing");
  },
};

const start = await receiveThreadStart();
const [mode = "", number = "0"] = start?.args ?? [];
process.exitCode = start && (await modes[mode]?.(start, Number(number)));
process.exit();
