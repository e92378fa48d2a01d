import { expect, test } from "vitest";
import { Code } from "#kernel/errors.ts";
import { runProgram } from "../contract/program.ts";

const SETTINGS = {
  BATON_CODECOV_API_TOKEN: "t0ken",
  BATON_CODECOV_SERVICE: "github",
  BATON_CODECOV_OWNER: "acme",
  // Nobody is to be asked.
  BATON_CODECOV_BASE_URL: "http://127.0.0.1:1",
};

test.each(["collector:70000", "collector:0", "http://[::::]:4317", "https://10.0.0.999", "%%%"])(
  "--otel-collector-endpoint %s names the flag",
  async (endpoint) => {
    const env = { ...SETTINGS, BATON_OTEL_COLLECTOR_ENDPOINT: endpoint };
    const { code, stderr } = await runProgram([], { env });
    expect(code).toBe(Code.Unknown);
    expect(stderr).toMatch(/^--otel-collector-endpoint has to be host:port or a URL [^\n]*\n$/);
  },
);

const WHAT_TO_DO = /there is no such file or directory; check the path\n$/;

test.each([
  [
    "--codecov-api-token-file /nope",
    [],
    { BATON_CODECOV_API_TOKEN: "", BATON_CODECOV_API_TOKEN_FILE: "/nope" },
    3,
  ],
  ["SSL_CERT_FILE /nope", [], { SSL_CERT_FILE: "/nope" }, 3],
  [
    "--otel-collector-endpoint-tls-cert-path: cannot read /nope",
    [],
    {
      BATON_OTEL_COLLECTOR_ENDPOINT: "localhost",
      BATON_OTEL_COLLECTOR_ENDPOINT_TLS_CERT_PATH: "/nope",
    },
    2,
  ],
  ["BATON_CONFIG_PATH", [], { BATON_CONFIG_PATH: "/nope.yaml" }, 2],
  [
    "--tls-cert-path: cannot read /nope",
    ["serve", "--tls-cert-path=/nope", "--tls-key-path=/nope", "--tls-client-ca-path=/nope"],
    {},
    2,
  ],
] as const)("%s says what to do", async (named, args, changes, exitCode) => {
  const { code, stderr } = await runProgram(args, { env: { ...SETTINGS, ...changes } });
  expect(code, stderr).toBe(exitCode);
  expect(stderr).toContain(named);
  expect(stderr).toMatch(WHAT_TO_DO);
});
