import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type CodecovSimulator, startCodecovSimulator } from "../fakes/codecov/simulator.ts";
import { type RunningProgram, startProgram } from "./program.ts";
import { ServiceScene, waitFor } from "./service-scene.ts";

/** What a scraper of Prometheus takes out of the text: values by series, and the type of each metric. */
async function scrape(port: string) {
  const response = await fetch(`http://127.0.0.1:${port}/metrics`);
  expect([response.status, response.headers.get("content-type")]).toEqual([
    200,
    "text/plain; version=0.0.4; charset=utf-8",
  ]);
  const text = await response.text();
  expect(text.endsWith("\n")).toBe(true);
  const values = new Map<string, number>();
  const types = new Map<string, string>();
  for (const line of text.trimEnd().split("\n")) {
    const [, name = "", type = ""] = /^# TYPE (\S+) (\S+)$/.exec(line) ?? [];
    if (name !== "") {
      expect(types.has(name), `${name} is declared once`).toBe(false);
      types.set(name, type);
    } else if (!line.startsWith("# HELP ")) {
      const [, series = "", value = ""] =
        /^([a-z_]+(?:\{(?:[a-z_]+="[^"\\]*",?)+\})?) (\S+)$/.exec(line) ?? [];
      expect(series, line).not.toBe("");
      values.set(series, Number(value));
    }
  }
  return { values, types };
}

async function portOf(program: Pick<RunningProgram, "stderr">): Promise<string> {
  return await waitFor(() => {
    const [, port] = /"port":(\d+),"msg":"health endpoints"/.exec(program.stderr()) ?? [];
    if (port === undefined) throw new Error("no health endpoints yet");
    return port;
  });
}

const HEALTH = { BATON_HEALTH_CHECK: "true", BATON_HEALTH_CHECK_PORT: "0" };
const BUILD = /^baton_build_info\{version="[\d.]+",codecov_owner="acme",codecov_service="github"\}$/;

test("service mode shows its syncs, and the requests and seats of its connector process", async () => {
  await using scene = await ServiceScene.open();
  scene.codecov.faults.add({ path: "/github/acme/$", times: 1, fault: { kind: "answer", status: 503 } });
  const port = await portOf(scene.start({ ...HEALTH, BATON_PROVISIONING: "true" }));

  const empty = await scrape(port);
  expect([...empty.values].filter(([series]) => BUILD.test(series)).map(([, value]) => value)).toEqual([1]);
  expect([...empty.values.keys()].filter((series) => series.startsWith("baton_sync"))).toEqual([]);

  const sync = scene.c1.enqueue({ $case: "syncFull", value: {} });
  expect(await scene.finish(sync)).toMatchObject({ finalState: { $case: "success" } });
  const args = { user_id: "bob" };
  await scene.finish(scene.c1.enqueue({ $case: "actionInvoke", value: { name: "disable_user", args } }));

  const { values, types } = await scrape(port);
  expect(values.get('baton_syncs_total{outcome="succeeded"}')).toBe(1);
  expect(values.get('baton_sync_rows{kind="resources"}')).toBe(54);
  expect(values.get('baton_sync_duration_seconds{outcome="succeeded"}')).toBeGreaterThan(0);
  expect(values.get("baton_sync_age_seconds")).toBeGreaterThan(0);
  expect(values.get("baton_sync_age_seconds")).toBeLessThan(60);
  expect(values.get('codecov_seats_changed_total{change="taken"}')).toBe(1);
  expect(values.get('baton_retries_total{layer="request"}')).toBe(1);
  const counted = [...values].filter(([series]) => series.startsWith("baton_upstream_requests_total"));
  const sum = counted.reduce((total, [, value]) => total + value, 0);
  expect(sum).toBe(scene.codecov.requests.length);
  expect(values.get('baton_upstream_requests_total{method="GET",status="503"}')).toBe(1);
  expect(Object.fromEntries(types)).toMatchObject({
    baton_syncs_total: "counter",
    baton_sync_age_seconds: "gauge",
    baton_upstream_requests_total: "counter",
  });
  await scene.stop();
});

describe("serve", () => {
  let simulator: CodecovSimulator;
  beforeAll(async () => {
    simulator = await startCodecovSimulator();
  });
  afterAll(() => simulator.close());

  test("shows the requests of a connector whose token is refused", async () => {
    const server = startProgram(["serve", "--listen", "127.0.0.1:0", "--plaintext"], {
      env: {
        ...HEALTH,
        BATON_CODECOV_API_TOKEN: "wr0ng",
        BATON_CODECOV_SERVICE: "github",
        BATON_CODECOV_OWNER: "acme",
        BATON_CODECOV_BASE_URL: simulator.baseUrl,
      },
    });
    const port = await portOf(server);
    expect((await fetch(`http://127.0.0.1:${port}/health`)).status).toBe(503);
    const { values } = await scrape(port);
    expect([...values.keys()].some((series) => BUILD.test(series))).toBe(true);
    expect(values.get('baton_upstream_requests_total{method="GET",status="401"}')).toBeGreaterThan(0);
    server.process.kill("SIGTERM");
    expect((await server.result).code).toBe(0);
  });
});
