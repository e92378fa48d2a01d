import { extname } from "node:path";
import type { Invocation } from "#cli/command.ts";
import { loadSettings, type Settings } from "#cli/load-settings.ts";
import { listInputs } from "#cli/refuse-log-files.ts";
import { watchSignals } from "#cli/signals.ts";
import { print, tell } from "#cli/standard-output.ts";
import type { Review } from "#codecov/report/review.ts";
import { openReview } from "#codecov/report/review.ts";
import { usageError } from "#config/arguments.ts";
import type { ConfigOf } from "#config/field.ts";
import { loadFields } from "#config/load.ts";
import { removeAbandonedTemporaries } from "#files/helper-path.ts";
import { resolveOutput } from "#files/output-path.ts";
import { refuseInputs, refuseToPrintInto } from "#files/refuse-outputs.ts";
import { replaceFile } from "#files/replace-file.ts";
import { parseInstant } from "#kernel/instant.ts";
import { reportFields } from "./report-fields.ts";

type Options = ConfigOf<typeof reportFields>;
type Format = NonNullable<Options["format"]>;

/** Takes the next piece of a report. */
type Write = (piece: string) => Promise<void>;

/** Width of a table in a file, and where standard output is not a terminal and `COLUMNS` says nothing. */
const DEFAULT_COLUMNS = 120;

/** No table is laid out for less. */
const MIN_COLUMNS = 20;

/** A report is written within seconds; what nobody has touched for so long was left by a killed process. */
const ABANDONED_AFTER_MS = 60 * 60_000;

/** Pieces are put together up to this size before they are written. */
const CHUNK_CHARS = 64 * 1024;

/** `report`: the offboarding review of a finished file. Codecov is not asked for anything. */
export async function run(invocation: Invocation): Promise<number> {
  const settings = await loadSettings(invocation);
  const { sdk, sources } = settings;
  const options = loadFields(reportFields, [], sources);
  const format = chooseFormat(options);
  for (const warning of settings.warnings) tell(`${invocation.redactor.toLine(warning)}\n`);
  const output = await prepareOutput(options.output, invocation, settings);
  const signals = watchSignals();
  try {
    await using review = await openReview(sdk.file, {
      tempDir: sdk.c1zTempDir,
      signal: signals.signal,
      since: options.since === undefined ? undefined : parseInstant(options.since),
      previous: options.previous,
      madeBy: `${invocation.definition.name} ${invocation.version}`,
    });
    const width = output === undefined ? readScreenWidth(invocation) : DEFAULT_COLUMNS;
    const pieces = await render(review, format, { width, isFile: output !== undefined });
    if (output === undefined) {
      await writeAll(pieces, (piece) => print(piece, signals.signal), signals.signal);
    } else {
      await replaceFile({ path: output, content: "other" }, (file) =>
        writeAll(pieces, (piece) => file.appendFile(piece), signals.signal),
      );
    }
    return 0;
  } catch (error) {
    const exitCode = signals.exitCode();
    if (exitCode === undefined) throw error;
    return exitCode;
  } finally {
    signals.stop();
  }
}

/**
 * Errors of the output are reported before the file is read, which takes time.
 *
 * @param path undefined to print the report
 * @returns the path to write to, with links followed
 */
async function prepareOutput(
  path: string | undefined,
  invocation: Invocation,
  settings: Settings,
): Promise<string | undefined> {
  const inputs = [{ setting: "--file", path: settings.sdk.file }, ...listInputs(invocation, settings)];
  if (path === undefined) {
    refuseToPrintInto(inputs);
    return undefined;
  }
  refuseInputs({ setting: "--output", path }, inputs);
  const output = await resolveOutput(path, "other");
  await removeAbandonedTemporaries(output, ABANDONED_AFTER_MS);
  return output;
}

/** What the endings of file names stand for; a name without one says nothing. */
const FORMATS_BY_ENDING: Readonly<Record<string, Format>> = {
  "": "table",
  ".txt": "table",
  ".html": "html",
  ".htm": "html",
  ".csv": "csv",
  ".json": "json",
};

/** @throws BatonError Unknown (exit code 2) if the name of the file asks for a form that does not exist */
function chooseFormat({ format, output = "" }: Options): Format {
  if (format !== undefined) return format;
  const ending = extname(output).toLowerCase();
  const meant = Object.hasOwn(FORMATS_BY_ENDING, ending) ? FORMATS_BY_ENDING[ending] : undefined;
  if (meant !== undefined) return meant;
  throw usageError(
    `--output: there is no report format ${ending}; use a name that ends in .html, .csv, .json or .txt, or choose the format with --format ${reportFields.format.values.join("|")}`,
  );
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

/** The terminal's, or what `COLUMNS` says where the reader is a pipe. A file depends on neither. */
function readScreenWidth({ env }: Invocation): number {
  const told = process.stdout.columns || Number(env["COLUMNS"]);
  return Number.isSafeInteger(told) && told >= MIN_COLUMNS ? told : DEFAULT_COLUMNS;
}

async function writeAll(pieces: Iterable<string>, write: Write, signal: AbortSignal): Promise<void> {
  let chunk = "";
  for (const piece of pieces) {
    chunk += piece;
    if (chunk.length < CHUNK_CHARS) continue;
    signal.throwIfAborted();
    await write(chunk);
    chunk = "";
  }
  await write(chunk);
}
