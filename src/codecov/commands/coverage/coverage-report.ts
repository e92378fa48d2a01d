import type { Invocation } from "#cli/command.ts";
import { loadSettings } from "#cli/load-settings.ts";
import { listInputs } from "#cli/refuse-log-files.ts";
import { tell } from "#cli/standard-output.ts";
import type { History } from "#codecov/coverage/model/ledger.ts";
import { type NameTest, patternTest } from "#codecov/coverage/model/pattern.ts";
import type { StoredPull } from "#codecov/coverage/model/pull.ts";
import { matchRules, type Policy } from "#codecov/coverage/policy/policy.ts";
import { readPolicy } from "#codecov/coverage/policy/read-policy.ts";
import { readContent } from "#codecov/coverage/report/content.ts";
import type { CoverageContent } from "#codecov/coverage/report/report-rows.ts";
import { openHistory } from "#codecov/coverage/store/coverage-history.ts";
import { usageError } from "#config/arguments.ts";
import type { ConfigOf } from "#config/field.ts";
import { loadFields } from "#config/load.ts";
import { BatonError, Code } from "#kernel/errors.ts";
import {
  chooseFormat,
  chooseWidth,
  type Endings,
  endOnSignal,
  prepareOutput,
  writeReport,
} from "../report-output.ts";
import { findOrganization } from "./configured-organization.ts";
import { coverageReportFields } from "./coverage-report-fields.ts";

type Options = ConfigOf<typeof coverageReportFields>;
type Format = NonNullable<Options["format"]>;

const ENDINGS: Endings<Format> = {
  "": "table",
  ".html": "html",
  ".htm": "html",
  ".csv": "csv",
  ".json": "json",
  ".prom": "openmetrics",
  ".txt": "table",
};

/** `coverage report`: what is stored, judged by the policy. Codecov is not asked for anything. */
export async function run(invocation: Invocation): Promise<number> {
  const settings = await loadSettings(invocation);
  const options = loadFields(coverageReportFields, [], settings.sources);
  const format = chooseFormat(options, ENDINGS, coverageReportFields.format.values);
  refuseContradictions(options, format);
  for (const warning of settings.warnings) tell(`${invocation.redactor.toLine(warning)}\n`);
  const inputs = [{ setting: "--store", path: options.store }, ...listInputs(invocation, settings)];
  const output = await prepareOutput(options.output, inputs);
  const policy = await readPolicy(options.policy, invocation.cwd());
  const organization = findOrganization(settings.sources);
  return endOnSignal(async (signal) => {
    using history = openHistory(options.store, organization);
    const content = readReport(history, options, {
      policy,
      isForPeople: format === "table" || format === "html",
      madeBy: `${invocation.definition.name} ${invocation.version}`,
    });
    const width = chooseWidth(output, invocation);
    const pieces = await render(content, format, { width, isFile: output !== undefined });
    await writeReport(pieces, output, signal);
  });
}

/** @throws BatonError Unknown (exit code 2) */
function refuseContradictions({ pull, only, repository }: Options, format: Format): void {
  if (pull !== undefined && only !== undefined) throw usageError("--pull and --only cannot be used together");
  if (pull !== undefined && (repository.length !== 1 || repository[0]?.includes("*") === true)) {
    throw usageError("--pull: name the one repository of the pull request with --repository");
  }
  if (format === "openmetrics" && (pull !== undefined || only === "pulls")) {
    throw usageError("--format openmetrics has no pull requests; choose another format");
  }
}

interface ReportOptions {
  readonly policy: Policy | undefined;
  /** Whether those that need a person come first. */
  readonly isForPeople: boolean;
  readonly madeBy: string;
}

/** @throws BatonError NotFound if nothing was read yet, or nothing of what is asked for */
function readReport(
  history: History,
  options: Options,
  { policy, isForPeople, madeBy }: ReportOptions,
): CoverageContent {
  const { takenAt } = history;
  const { store, only, sort, days } = options;
  if (takenAt === null) {
    throw notFound(`${store} holds no reading of an organization yet; run coverage sync first`);
  }
  const tests = options.repository.map(patternTest);
  const content = readContent(history, {
    rulesFor: (name) => matchRules(policy, name),
    describePolicy: (names) => describePolicy(policy, names),
    now: Date.now(),
    takenAt,
    days,
    madeBy,
    isWanted: tests.length === 0 ? undefined : (name) => tests.some((test) => test(name)),
    only,
    pull: findPull(history, options),
    sort: sort ?? (isForPeople ? "attention" : "name"),
  });
  refuseUnknownNames(options, tests, content.facts.names);
  return content;
}

function findPull(history: History, { pull, repository, store }: Options): StoredPull | undefined {
  const [name] = repository;
  if (pull === undefined || name === undefined) return undefined;
  const found = history.pull(name, pull);
  if (found !== undefined) return found;
  throw notFound(
    `${store} holds no pull request ${pull} of ${name}; read it with coverage sync --repository ${name} --pull ${pull}`,
  );
}

function refuseUnknownNames(
  { repository, store }: Options,
  tests: readonly NameTest[],
  names: readonly string[],
): void {
  const unknown = repository.find((_, index) => !names.some((name) => tests[index]?.(name)));
  if (unknown === undefined) return;
  throw notFound(
    `no repository in ${store} matches --repository ${unknown}; coverage report --format csv lists those that are there`,
  );
}

function describePolicy(policy: Policy | undefined, names: readonly string[]): string[] {
  const idle = policy?.unmatched(names) ?? [];
  return idle.map(({ pattern, line, why }) => {
    const what =
      why === "nothing"
        ? "matches no repository"
        : "decides nothing: entries above match the same repositories";
    return `The pattern "${pattern}" in line ${line} of the policy ${what}.`;
  });
}

function notFound(message: string): BatonError {
  return new BatonError(Code.NotFound, message, { kind: "configuration" });
}

async function render(
  content: CoverageContent,
  format: Format,
  { width, isFile }: { readonly width: number; readonly isFile: boolean },
): Promise<Iterable<string>> {
  switch (format) {
    case "json":
      return (await import("#codecov/coverage/report/coverage-json.ts")).renderJson(content);
    case "csv":
      return (await import("#codecov/coverage/report/coverage-csv.ts")).renderCsv(content, {
        byteOrderMark: isFile,
      });
    case "html":
      return (await import("#codecov/coverage/report/coverage-page.ts")).renderHtml(content);
    case "openmetrics":
      return (await import("#codecov/coverage/report/openmetrics.ts")).renderOpenMetrics(content);
    case "table":
      return (await import("#codecov/coverage/report/coverage-table.ts")).renderTable(content, width);
    default:
      return format satisfies never;
  }
}
