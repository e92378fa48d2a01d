import { expect, test } from "vitest";
import { runProgram } from "../contract/program.ts";
import { makeDirectory, startCodecov } from "./system.ts";

test("a collector that is away is told once, though host and connector both miss it", async () => {
  const { env } = await startCodecov();
  const { code, stderr } = await runProgram(["--otel-collector-endpoint=http://127.0.0.1:9"], {
    cwd: await makeDirectory(),
    env,
  });
  expect(code, stderr).toBe(0);
  expect(warningsIn(stderr)).toHaveLength(1);
});

test("so is a variable of OpenTelemetry that makes no sense", async () => {
  const { env } = await startCodecov();
  const { code, stderr } = await runProgram(["--otel-collector-endpoint=http://127.0.0.1:9"], {
    cwd: await makeDirectory(),
    env: { ...env, OTEL_EXPORTER_OTLP_HEADERS: "x-api-key=gehäim" },
  });
  expect(code, stderr).toBe(0);
  expect(warningsIn(stderr)).toHaveLength(1);
});

function warningsIn(stderr: string): string[] {
  return stderr.split("\n").filter((line) => /"level":"warn".*OpenTelemetry/.test(line));
}
