import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { findKustomize } from "../../scripts/deploy/kustomize.ts";
import {
  buildOrganizations,
  checkBuilds,
  checkFiles,
  readExitCodes,
  readFolder,
} from "../../scripts/deploy/rules.ts";
import { knownFlags, knownVariables } from "../../scripts/variables.ts";

const root = join(import.meta.dirname, "..", "..");
const kubernetes = join(root, "deploy", "kubernetes");
const files = readFolder(kubernetes);
const facts = {
  flags: knownFlags(),
  variables: knownVariables(),
  exitCodes: readExitCodes(readFileSync(join(root, "docs", "troubleshooting.md"), "utf8")),
};
const kustomize = findKustomize();

const copies: string[] = [];
afterAll(() => {
  for (const copy of copies) rmSync(copy, { recursive: true });
});

/** The files with one of them changed. */
function change(path: string, from: string | RegExp, to: string): Map<string, string> {
  const text = files.get(path) ?? "";
  const changed = text.replace(from, to);
  expect(changed, `${path} holds ${from}`).not.toBe(text);
  return new Map([...files, [path, changed]]);
}

test("the manifests keep to all rules", async () => {
  expect(files.size).toBeGreaterThan(10);
  expect(facts.exitCodes).toContain(14);
  expect(await checkFiles(files, facts)).toEqual([]);
});

describe("is found:", () => {
  test.each<[string, string, string | RegExp, string, RegExp]>([
    [
      "a rollout that surges",
      "service/deployment.yaml",
      "Recreate",
      "RollingUpdate",
      /two pods with one client id/,
    ],
    [
      "placeholders that apply -k puts over the real secret",
      "service/kustomization.yaml",
      "- deployment.yaml",
      "- ../secrets.example.yaml\n  - deployment.yaml",
      /applies the placeholders/,
    ],
    [
      "a secret among the manifests",
      "nightly/reader.yaml",
      /^/,
      "apiVersion: v1\nkind: Secret\nmetadata:\n  name: x\n---\n",
      /holds a Secret/,
    ],
    [
      "a secret as a variable",
      "nightly/cronjob.yaml",
      "- configMapRef:",
      "- secretRef:\n                    name: x\n                - configMapRef:",
      /takes a secret as a variable/,
    ],
    ["no time zone", "nightly/cronjob.yaml", /^ *timeZone:.*\n/m, "", /timeZone is left to its default/],
    ["no deadline", "nightly/cronjob.yaml", /^ *activeDeadlineSeconds:.*\n/m, "", /activeDeadlineSeconds/],
    ["no start deadline", "nightly/cronjob.yaml", /^ *startingDeadline.*\n/m, "", /startingDeadlineSeconds/],
    ["no history limit", "nightly/cronjob.yaml", /^ *failedJobsHist.*\n/m, "", /failedJobsHistoryLimit/],
    ["a retry of a wrong token", "nightly/cronjob.yaml", ", 16]", "]", /must fail the job at .*16, not at/],
    ["no retry of an outage", "nightly/cronjob.yaml", "[1, 2, 3,", "[1, 2, 3, 14,", /not at 1, 2, 3, 14/],
    ["a drained node that counts", "nightly/cronjob.yaml", "DisruptionTarget", "Ready", /its node gave up/],
    ["no report", "nightly/cronjob.yaml", '["report", ', '["help", ', /makes a report/],
    ["no wait", "nightly/cronjob.yaml", ', "--max-wait", "30m"', "", /no --max-wait/],
    ["attempts that end early", "nightly/cronjob.yaml", '"30m"', '"1h"', /before all attempts have waited/],
    [
      "a flag that does not exist",
      "nightly/cronjob.yaml",
      '"--max-wait"',
      '"--maxwait"',
      /--maxwait, which is no/,
    ],
    ["an unbounded volume", "service/deployment.yaml", "sizeLimit: 2Gi", 'medium: ""', /sizeLimit/],
    [
      "a volume above the limit",
      "service/deployment.yaml",
      "sizeLimit: 2Gi",
      "sizeLimit: 4Gi",
      /the pod is ended/,
    ],
    [
      "a sidecar without readiness",
      "sidecar-example.yaml",
      / +readinessProbe:\n(?: {8}.*\n)+/,
      "",
      /readinessProbe/,
    ],
    [
      "a client that is restarted for ever",
      "sidecar-example.yaml",
      "restartPolicy: Never",
      "",
      /app: no startupProbe/,
    ],
    ["probes that reach nobody", "service/deployment.yaml", "status.podIP", "status.hostIP", /status\.podIP/],
    ["a pod that goes everywhere", "nightly/network-policy.yaml", ', "Egress"]', "]", /go everywhere/],
    ["a pod without names", "nightly/network-policy.yaml", /port: 53/g, "port: 54", /ask for no names/],
    ["a pod that lets in", "service/network-policy.yaml", "ingress: []", "ingress: [{}]", /lets somebody in/],
    [
      "a pod without a policy",
      "service/network-policy.yaml",
      /app: b/g,
      "app: c",
      /no NetworkPolicy selects/,
    ],
  ])("%s", async (_, path, from, to, problem) => {
    expect((await checkFiles(change(path, from, to), facts)).join("\n")).toMatch(problem);
  });
});

describe.skipIf(kustomize === undefined)("the overlay of an organization", { timeout: 120_000 }, () => {
  const build = (prepare?: (folder: string) => void) => {
    const copy = mkdtempSync(join(tmpdir(), "baton-kubernetes-"));
    copies.push(copy);
    cpSync(kubernetes, copy, { recursive: true });
    prepare?.(copy);
    if (kustomize === undefined) throw new Error("not skipped");
    return buildOrganizations(copy, kustomize.build);
  };

  test("gives it names, settings and a secret of its own", async () => {
    const builds = build();
    expect(await checkBuilds(builds, facts)).toEqual([]);
    const text = JSON.stringify(builds.get("acme"));
    expect(text).toContain('"secretName":"baton-codecov-acme-secrets"');
    expect(text).toContain('"name":"baton-codecov-sync-acme"');
    expect(text).not.toContain("globex");
  });

  test("can be copied for another one as it says, and a copy that was not adapted is found", async () => {
    const copied = build((folder) => {
      const overlay = join(folder, "organizations", "umbrella");
      const text = readFileSync(join(overlay, "kustomization.yaml"), "utf8");
      const other = join(folder, "organizations", "initech");
      cpSync(overlay, other, { recursive: true });
      writeFileSync(join(other, "kustomization.yaml"), text.replaceAll("umbrella", "initech"));
    });
    expect(await checkBuilds(copied, facts)).toEqual([]);

    const forgotten = build((folder) => {
      const path = join(folder, "organizations", "globex", "kustomization.yaml");
      const text = readFileSync(path, "utf8");
      writeFileSync(path, text.replaceAll("globex", "acme").replace("OWNER=acme", "OWNER=globex"));
    });
    const problems = (await checkBuilds(forgotten, facts)).join("\n");
    expect(problems).toContain("globex and acme share the secret baton-codecov-acme-secrets");
    expect(problems).toMatch(/globex and acme share the name CronJob \/baton-codecov-sync-acme/);
    expect(problems).toMatch(/selects pods of/);
  });

  test("is not built with a secret", async () => {
    const builds = build((folder) => {
      const path = join(folder, "organizations", "acme", "kustomization.yaml");
      const text = readFileSync(path, "utf8");
      writeFileSync(path, `${text}secretGenerator:\n  - name: x\n    literals:\n      - a=b\n`);
    });
    expect((await checkBuilds(builds, facts)).join("\n")).toContain("would overwrite the real one");
  });
});
