import { appendFileSync } from "node:fs";
import { tell } from "#cli/standard-output.ts";
import type { GateResult, IfUnknown } from "#codecov/coverage/model/gate.ts";
import { formatAge, formatMinute } from "#format/times.ts";
import { systemClock } from "#kernel/clock.ts";
import { describeReason } from "#kernel/system-error.ts";
import { toVisibleLine } from "#kernel/visible-text.ts";
import type { Judged } from "./judge-history.ts";

/** A check that was made, as it is shown. */
export interface Check extends Judged {
  readonly exitCode: number;
  readonly ifUnknown: IfUnknown;
}

/** Digits of a commit that people read. */
const SHORT_COMMIT = 10;

/** For people and for the log of a CI run: a line for each rule, and one that sums up. */
export function formatCheck(check: Check): string {
  const now = systemClock.now();
  const lines = [
    ...check.explanations,
    ...check.results.map((result) => formatResult(result, now)),
    ...check.notes,
    summarize(check, now),
  ];
  return lines.map((line) => `${toVisibleLine(line)}\n`).join("");
}

function formatResult(result: GateResult, now: number): string {
  const { rule, verdict, value, limit, sentence, link } = result;
  const parts = [
    `${verdict.padEnd("unknown".length)}  ${nameOf(result)}  ${rule} ${formatValue(value, rule)} (limit ${formatLimit(limit, rule)})`,
    `: ${sentence}`,
    ...describeCommits(result, now).map((text) => `; ${text}`),
    ...(link === null ? [] : [`  ${link}`]),
  ];
  return parts.join("");
}

function nameOf({ repository, pull }: GateResult): string {
  return pull === null ? repository : `${repository}#${pull}`;
}

const UNITS: Readonly<Record<GateResult["rule"], string>> = {
  minimum: "%",
  patch_minimum: "%",
  max_drop: "points",
  declining: "points",
  stale: "days",
};

function formatValue(value: number | null, rule: GateResult["rule"]): string {
  if (value === null) return "–";
  return `${rule === "stale" ? value : value.toFixed(2)} ${UNITS[rule]}`;
}

function formatLimit(limit: number, rule: GateResult["rule"]): string {
  return `${limit} ${UNITS[rule]}`;
}

/** Where the value comes from, and with --pull the base that it is compared with, each with its age. */
function describeCommits(
  { commit, committedAt, base, baseCommittedAt, pull }: GateResult,
  now: number,
): string[] {
  const describe = (what: string, sha: string, at: number | null) =>
    `${what} ${sha.slice(0, SHORT_COMMIT)}${at === null ? "" : `, ${formatAge(now - at)} old`}`;
  return [
    ...(commit === null ? [] : [describe("commit", commit, committedAt)]),
    ...(base === null ? [] : [describe("base", base, baseCommittedAt)]),
    ...(pull !== null && base === null ? ["base unknown"] : []),
  ];
}

function summarize({ results, takenAt, source }: Check, now: number): string {
  const count = (verdict: GateResult["verdict"]) =>
    results.filter((result) => result.verdict === verdict).length;
  const [failed, unknown] = [count("fail"), count("unknown")];
  const rules = results.length === 1 ? "1 rule" : `${results.length} rules`;
  const when =
    source === "codecov" || takenAt === null
      ? "as Codecov says now"
      : `as of ${formatMinute(new Date(takenAt).toISOString())}, ${formatAge(now - takenAt)} ago`;
  return `${rules} checked: ${count("pass")} hold, ${failed} broken, ${unknown} unknown; ${when}`;
}

const VERDICTS: Readonly<Record<number, GateResult["verdict"]>> = { 0: "pass", 1: "fail", 11: "unknown" };

/** The same as data: one object with stable keys. */
export function formatCheckJson(check: Check): string {
  const { organization, exitCode, takenAt, source, ifUnknown, results, explanations, notes } = check;
  const data = {
    format: 1,
    verdict: VERDICTS[exitCode] ?? "unknown",
    exit_code: exitCode,
    if_unknown: ifUnknown,
    source,
    taken_at: toIso(takenAt),
    organization: { service: organization.service, owner: organization.owner },
    results: results.map((result) => ({
      repository: result.repository,
      pull: result.pull,
      rule: result.rule,
      verdict: result.verdict,
      value: result.value,
      limit: result.limit,
      unit: UNITS[result.rule],
      sentence: result.sentence,
      commit: result.commit,
      committed_at: toIso(result.committedAt),
      base: result.base,
      base_committed_at: toIso(result.baseCommittedAt),
      pattern: result.pattern,
      url: result.link,
    })),
    explanations,
    notes,
  };
  return `${JSON.stringify(data, undefined, 2)}\n`;
}

function toIso(at: number | null): string | null {
  return at === null ? null : new Date(at).toISOString();
}

/** GitHub Actions show this file on the page of a run. What cannot be written there changes nothing about the check. */
export function appendStepSummary(env: Readonly<Record<string, string | undefined>>, check: Check): void {
  const path = env["GITHUB_STEP_SUMMARY"] ?? "";
  if (path === "") return;
  try {
    appendFileSync(path, formatStepSummary(check));
  } catch (error) {
    tell(`the step summary could not be written: ${describeReason(error)}\n`);
  }
}

function formatStepSummary(check: Check): string {
  const now = systemClock.now();
  const rows = check.results.map((result) => {
    const { rule, verdict, value, limit, sentence, link } = result;
    const name = escapeMarkdown(nameOf(result));
    const cells = [
      verdict,
      link === null ? name : `[${name}](${encodeURI(decodeURI(link))})`,
      rule,
      formatValue(value, rule),
      formatLimit(limit, rule),
      escapeMarkdown([sentence, ...describeCommits(result, now)].join("; ")),
    ];
    return `| ${cells.join(" | ")} |`;
  });
  const table = [
    "| Result | Repository | Rule | Value | Limit | Why |",
    "| --- | --- | --- | --- | --- | --- |",
  ];
  return `### Coverage\n\n${[...table, ...rows].join("\n")}\n\n${escapeMarkdown(summarize(check, now))}\n\n`;
}

/** Nothing of a name or a title becomes markup. */
function escapeMarkdown(text: string): string {
  return toVisibleLine(text)
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replace(/[\\`*_{}[\]()#|!~>]/g, "\\$&");
}
