import type { Invocation } from "#cli/command.ts";
import { loadSettings } from "#cli/load-settings.ts";
import { listInputs } from "#cli/refuse-log-files.ts";
import { tell } from "#cli/standard-output.ts";
import { openReview, type Review } from "#codecov/report/review.ts";
import type { ConfigOf } from "#config/field.ts";
import { loadFields } from "#config/load.ts";
import { parseInstant } from "#kernel/instant.ts";
import { reportFields } from "./report-fields.ts";
import {
  chooseFormat,
  chooseWidth,
  type Endings,
  endOnSignal,
  prepareOutput,
  writeReport,
} from "./report-output.ts";

type Format = NonNullable<ConfigOf<typeof reportFields>["format"]>;

const ENDINGS: Endings<Format> = {
  "": "table",
  ".html": "html",
  ".htm": "html",
  ".csv": "csv",
  ".json": "json",
  ".txt": "table",
};

/** `report`: the offboarding review of a finished file. Codecov is not asked for anything. */
export async function run(invocation: Invocation): Promise<number> {
  const settings = await loadSettings(invocation);
  const { sdk, sources } = settings;
  const options = loadFields(reportFields, [], sources);
  const format = chooseFormat(options, ENDINGS, reportFields.format.values);
  for (const warning of settings.warnings) tell(`${invocation.redactor.toLine(warning)}\n`);
  const inputs = [{ setting: "--file", path: sdk.file }, ...listInputs(invocation, settings)];
  const output = await prepareOutput(options.output, inputs);
  return endOnSignal(async (signal) => {
    await using review = await openReview(sdk.file, {
      tempDir: sdk.c1zTempDir,
      signal,
      since: options.since === undefined ? undefined : parseInstant(options.since),
      previous: options.previous,
      madeBy: `${invocation.definition.name} ${invocation.version}`,
    });
    const width = chooseWidth(output, invocation);
    const pieces = await render(review, format, { width, isFile: output !== undefined });
    await writeReport(pieces, output, signal);
  });
}

async function render(
  review: Review,
  format: Format,
  { width, isFile }: { readonly width: number; readonly isFile: boolean },
): Promise<Iterable<string>> {
  switch (format) {
    case "json":
      return (await import("#codecov/report/json.ts")).renderJson(review);
    case "csv":
      return (await import("#codecov/report/member-csv.ts")).renderCsv(review, { byteOrderMark: isFile });
    case "html":
      return (await import("#codecov/report/html.ts")).renderHtml(review);
    case "table":
      return (await import("#codecov/report/table.ts")).renderTable(review, width);
    default:
      return format satisfies never;
  }
}
