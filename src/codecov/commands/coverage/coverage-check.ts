import { existsSync } from "node:fs";
import type { Invocation } from "#cli/command.ts";
import { loadSettings, type Settings } from "#cli/load-settings.ts";
import { listInputs } from "#cli/refuse-log-files.ts";
import { print, tell } from "#cli/standard-output.ts";
import { type GateFlags, gateExit, withFlags } from "#codecov/coverage/model/gate.ts";
import { matchRules } from "#codecov/coverage/policy/policy.ts";
import { readPolicy } from "#codecov/coverage/policy/read-policy.ts";
import { usageError } from "#config/arguments.ts";
import { isGiven, loadFields } from "#config/load.ts";
import { refuseToPrintInto } from "#files/refuse-outputs.ts";
import { parseDuration } from "#kernel/duration.ts";
import { BatonError, Code } from "#kernel/errors.ts";
import { findOrganization } from "./configured-organization.ts";
import { checkConstraints, coverageCheckFields } from "./coverage-check-fields.ts";
import { appendStepSummary, type Check, formatCheck, formatCheckJson } from "./format-check.ts";
import { type CheckOptions, type Gate, type Judged, judgeHistory } from "./judge-history.ts";
import { nameOfPull } from "./repository-names.ts";

/**
 * `coverage check`: a gate for CI. What is stored is judged without asking Codecov; without a store, and for a pull request,
 * Codecov is asked. The code for that is loaded only then, as is everything else that takes time to load.
 *
 * @returns 0 if all rules hold, 1 if one is broken, 11 if one cannot be judged
 */
export async function run(invocation: Invocation): Promise<number> {
  const settings = await loadSettings(invocation);
  const options = loadFields(coverageCheckFields, checkConstraints, settings.sources);
  if (options.pull !== undefined) nameOfPull(options.repository);
  for (const warning of settings.warnings) tell(`${invocation.redactor.toLine(warning)}\n`);
  refuseToPrintInto([{ setting: "--store", path: options.store }, ...listInputs(invocation, settings)]);
  const policy = await readPolicy(options.policy, invocation.cwd());
  const flags = readFlags(options);
  const rulesFor = (name: string) => withFlags(matchRules(policy, name), flags);
  if (policy === undefined && Object.keys(flags).length === 0) throw noRule();

  const gate = { policy, flags, rulesFor };
  let exitCode = 0;
  const end = async (judged: Judged): Promise<number> => {
    if (!judged.hasRule) throw noRule();
    exitCode = gateExit(judged.results, options.ifUnknown);
    const check: Check = { ...judged, exitCode, ifUnknown: options.ifUnknown };
    await print(options.format === "json" ? formatCheckJson(check) : formatCheck(check));
    appendStepSummary(invocation.env, check);
    return exitCode;
  };
  if (options.pull === undefined && usesStore(options, settings)) {
    const judged = await checkStore(settings, options, gate);
    if (judged !== undefined) return await end(judged);
  }
  const { checkLive } = await import("./coverage-check-live.ts");
  return await checkLive(invocation, settings, options, gate, end);
}

/** A store that somebody named has to be there: a gate must not quietly judge something else. */
function usesStore(options: CheckOptions, { sources }: Settings): boolean {
  return isGiven(coverageCheckFields.store, sources) || existsSync(options.store);
}

function readFlags({ minimum, maxDrop, patchMinimum }: CheckOptions): GateFlags {
  return {
    ...(minimum === undefined ? {} : { minimum: Number(minimum) }),
    ...(maxDrop === undefined ? {} : { maxDrop: Number(maxDrop) }),
    ...(patchMinimum === undefined ? {} : { patchMinimum: Number(patchMinimum) }),
  };
}

/** @returns undefined if there is nothing in the store yet, as after a first sync that failed, and nobody named it */
async function checkStore(
  { sources }: Settings,
  options: CheckOptions,
  gate: Gate,
): Promise<Judged | undefined> {
  const { openHistory } = await import("#codecov/coverage/store/coverage-history.ts");
  using history = openHistory(options.store, findOrganization(sources));
  if (history.takenAt === null) {
    if (!isGiven(coverageCheckFields.store, sources)) return undefined;
    throw new BatonError(
      Code.NotFound,
      `${options.store} holds no reading of an organization yet; run coverage sync first`,
      { kind: "configuration" },
    );
  }
  const maxAgeMs = parseDuration(options.maxAge) ?? 0;
  return judgeHistory(history, options, gate, {
    source: "store",
    where: `the store ${options.store}`,
    maxAgeMs,
  });
}

function noRule(): Error {
  const { minimum, maxDrop, patchMinimum, policy } = coverageCheckFields;
  const flags = [minimum, maxDrop, patchMinimum].map((field) => `--${field.name}`).join(", ");
  return usageError(
    `there is no rule to check: give ${flags}, or name a policy with rules for these repositories in --${policy.name}`,
  );
}
