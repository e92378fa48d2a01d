import { readFileSync, statSync } from "node:fs";
import { resolve } from "node:path";
import { patternTest } from "#codecov/coverage/model/pattern.ts";
import { NO_POLICY, type Rules, setRules } from "#codecov/coverage/model/rules.ts";
import { findNearest } from "#config/nearest.ts";
import { parseDuration } from "#kernel/duration.ts";
import { BatonError, Code } from "#kernel/errors.ts";
import { describeUnreadable, systemCodeOf } from "#kernel/system-error.ts";
import { toVisibleLine } from "#kernel/visible-text.ts";
import { type AlertRules, DEFAULT_ALERTS, Policy, type PolicyEntry } from "./policy.ts";
import type { RuleKeys, Target } from "./policy-schema.ts";
import { findTargetFault } from "./target-rules.ts";
import { type Mistake, YamlSource } from "./yaml-source.ts";

export const DEFAULT_POLICY = "coverage.yaml";

/** A policy of 10,000 entries has a tenth of this. */
const MAX_BYTES = 4 * 1024 * 1024;
const DAY_MS = 24 * 60 * 60 * 1_000;

/**
 * Reads a policy file. One that was named has to be there, the default one may be missing.
 *
 * @param named what `--policy` says; undefined: `coverage.yaml` in `cwd`
 * @throws BatonError Unknown (exit code 2) that names the file, line, column and what to change, but no value of the file
 */
export async function readPolicy(named: string | undefined, cwd: string): Promise<Policy | undefined> {
  const path = resolve(cwd, named ?? DEFAULT_POLICY);
  const text = readText(path, named !== undefined);
  return text === undefined ? undefined : await parsePolicy(text, path);
}

/** Reads the text of a policy file; `path` is for messages. */
export async function parsePolicy(text: string, path: string): Promise<Policy> {
  const source = await YamlSource.read(text);
  if (!(source instanceof YamlSource)) throw fileError(path, source);
  const { knownKeys, policySchema } = await import("./policy-schema.ts");
  const parsed = policySchema.safeParse(source.value);
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    if (issue === undefined) throw fileError(path, { ...source.place([]), what: "is not a policy" });
    if (issue.code !== "unrecognized_keys")
      throw fileError(path, { ...source.place(issue.path), what: sentenceOf(issue.path, issue.message) });
    const [key = ""] = issue.keys;
    const known = knownKeys(issue.path, kindAt(source.value, issue.path));
    const nearest = findNearest(key, known);
    const advice = nearest === undefined ? `it can have ${known.join(", ")}` : `did you mean "${nearest}"?`;
    const where = issue.path.length === 0 ? "" : ` in ${nameOf(issue.path)}`;
    throw fileError(path, {
      ...source.place([...issue.path, key], "key"),
      what: `there is no key "${toVisibleLine(key)}"${where}; ${advice}`,
    });
  }
  const { defaults, repositories = [], publish = {} } = parsed.data;

  const targets = new Map<string, Target>();
  // In the order of the file, which the parsed value does not keep.
  const written = isMapping(source.value) ? source.value["publish"] : undefined;
  for (const name of isMapping(written) ? Object.keys(written) : []) {
    const given = publish[name];
    if (given === undefined) continue;
    // The schema has made sure that a target without a kind is called like one.
    const target = { ...given, kind: given.kind ?? name };
    const fault = findTargetFault(target);
    if (fault !== undefined) {
      const at = ["publish", name, ...(fault.key === undefined ? [] : [fault.key])];
      throw fileError(path, {
        ...source.place(at, "key"),
        what: `${nameOf(["publish", name])} ${fault.what}`,
      });
    }
    targets.set(name, target);
  }
  const checkTargets = (names: readonly string[] | undefined, at: readonly PropertyKey[]) => {
    const unknown = names?.findIndex((name) => !targets.has(name)) ?? -1;
    if (unknown < 0) return;
    const name = names?.[unknown] ?? "";
    const nearest = findNearest(name, targets.keys());
    const advice = nearest === undefined ? "add it under publish" : `did you mean "${nearest}"?`;
    const what = `there is no target "${toVisibleLine(name)}" under publish; ${advice}`;
    throw fileError(path, { ...source.place([...at, "notify", unknown]), what });
  };

  checkTargets(defaults?.notify, ["defaults"]);
  const base = {
    match: { ...setRules(NO_POLICY, rulesOf(defaults)), ignore: false },
    alerts: alertsOf(defaults),
  };
  const entries = repositories.map((entry, index): PolicyEntry => {
    const at = ["repositories", index];
    checkTargets(entry.notify, at);
    const patterns = typeof entry.match === "string" ? [entry.match] : entry.match;
    return {
      patterns: patterns.map((text, position) => ({
        text,
        test: patternTest(text),
        line: source.place([...at, "match", ...(typeof entry.match === "string" ? [] : [position])]).line,
      })),
      match: { ...setRules(base.match, rulesOf(entry)), ignore: entry.ignore ?? false },
      alerts: alertsOf(entry, base.alerts),
    };
  });
  return new Policy(path, base, entries, targets);
}

function readText(path: string, isNamed: boolean): string | undefined {
  try {
    const found = statSync(path);
    if (!found.isFile() && !found.isFIFO()) throw policyError(`the policy file ${path} is not a file`);
    if (found.size > MAX_BYTES) throw policyError(`the policy file ${path} is larger than 4 MiB`);
    return readFileSync(path, "utf8");
  } catch (error) {
    if (error instanceof BatonError) throw error;
    if (systemCodeOf(error) === "ENOENT" && !isNamed) return undefined;
    const origin = isNamed ? ", which --policy names" : "";
    throw policyError(`cannot read the policy file ${path}${origin}: ${describeUnreadable(error)}`);
  }
}

function rulesOf(keys: RuleKeys | undefined): Partial<Rules> {
  if (keys === undefined) return {};
  const limit = (value: number | "none") => (value === "none" ? null : value);
  const { minimum, max_drop, patch_minimum, patch_lines, stale_after, declining_points, declining_days } =
    keys;
  return {
    ...(minimum === undefined ? {} : { minimum: limit(minimum) }),
    ...(max_drop === undefined ? {} : { maxDrop: limit(max_drop) }),
    ...(patch_minimum === undefined ? {} : { patchMinimum: limit(patch_minimum) }),
    ...(patch_lines === undefined ? {} : { patchLines: patch_lines }),
    ...(stale_after === undefined ? {} : { staleAfterDays: (parseDuration(stale_after) ?? 0) / DAY_MS }),
    ...(declining_points === undefined ? {} : { decliningPoints: declining_points }),
    ...(declining_days === undefined ? {} : { decliningDays: declining_days }),
  };
}

function alertsOf(keys: RuleKeys | undefined, base = DEFAULT_ALERTS): AlertRules {
  const { recover_at, remind, notify } = keys ?? {};
  return {
    recoverAt: recover_at ?? base.recoverAt,
    remindMs: remind === undefined ? base.remindMs : (parseDuration(remind) ?? null),
    notify: notify ?? base.notify,
  };
}

function kindAt(value: unknown, path: readonly PropertyKey[]): string | undefined {
  let at = value;
  for (const step of path) at = isMapping(at) ? at[String(step)] : undefined;
  return isMapping(at) && typeof at["kind"] === "string" ? at["kind"] : undefined;
}

function isMapping(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null;
}

function sentenceOf(path: readonly PropertyKey[], message: string): string {
  return path.length === 0 ? `the policy ${message}` : `${nameOf(path)} ${message}`;
}

/** How a person would call a part: `repositories, entry 2: minimum`. */
function nameOf(path: readonly PropertyKey[]): string {
  const [section, index, ...rest] = path;
  if (section !== "repositories" || typeof index !== "number")
    return toVisibleLine(path.map(String).join("."));
  const entry = `entry ${index + 1} of repositories`;
  return rest.length === 0 ? entry : `${rest.map(String).join(".")} in ${entry}`;
}

function fileError(path: string, { line, column, what }: Mistake): BatonError {
  return policyError(`the policy file ${path}, line ${line}, column ${column}: ${what}`);
}

function policyError(message: string): BatonError {
  return new BatonError(Code.Unknown, message, { kind: "configuration" });
}
