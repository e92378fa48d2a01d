import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { BatonError, Code } from "#kernel/errors.ts";
import { describeUnreadable, systemCodeOf } from "#kernel/system-error.ts";

/** Settings from the configuration file: flag name in lower case → the texts given for it. */
export type FileSettings = ReadonlyMap<string, readonly string[]>;

export interface ConfigFile {
  readonly path: string;
  readonly settings: FileSettings;
}

const DEFAULT_NAME = ".baton.yaml";

/**
 * Reads the file that `BATON_CONFIG_PATH` names, else `.baton.yaml` in the working directory.
 *
 * A file that was named has to be there, the default one may be missing; neither may be malformed. (A Go
 * connector ignores both in silence and then runs with other settings than its owner believes.)
 *
 * @param isSetting whether a key is the name of a setting. The file may serve other programs, whose keys can hold anything;
 *   one that holds a mapping has no texts here.
 * @throws BatonError that names the file and the place in it, but no text from it: it may hold secrets.
 */
export async function readConfigFile(
  env: Readonly<Record<string, string | undefined>>,
  cwd: string,
  isSetting: (key: string) => boolean = () => true,
): Promise<ConfigFile | undefined> {
  const named = env["BATON_CONFIG_PATH"] ?? "";
  if (named !== "" && !/\.ya?ml$/.test(named)) {
    throw fileError(`BATON_CONFIG_PATH must name a .yaml or .yml file, not ${named}`);
  }
  const path = resolve(cwd, named === "" ? DEFAULT_NAME : named);
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (error) {
    const isMissing = systemCodeOf(error) === "ENOENT";
    if (isMissing && named === "") return undefined;
    const hint = describeUnreadable(error);
    const origin = named === "" ? "" : ", which BATON_CONFIG_PATH names";
    throw fileError(`cannot read the configuration file ${path}${origin}: ${hint}`);
  }
  return { path, settings: await parseSettings(text, path, isSetting) };
}

async function parseSettings(
  text: string,
  path: string,
  isSetting: (key: string) => boolean,
): Promise<FileSettings> {
  const { isAlias, isMap, isScalar, isSeq, LineCounter, parseDocument } = await import("yaml");
  const lines = new LineCounter();
  // Without a schema every value keeps the text it was written with: an owner called 007 or `on` stays one.
  const document = parseDocument(text, { schema: "failsafe", prettyErrors: false, lineCounter: lines });
  const place = (offset: number) => `${path}, line ${Math.max(1, lines.linePos(offset).line)}`;

  const mistake = document.errors[0];
  if (mistake !== undefined) {
    const kind = mistake.code.toLowerCase().replaceAll("_", " ");
    throw fileError(`the configuration file is not valid YAML: ${place(mistake.pos[0])} (${kind})`);
  }
  const settings = new Map<string, readonly string[]>();
  if (document.contents === null) return settings;
  if (!isMap(document.contents)) {
    throw fileError(`the configuration file ${path} must contain lines of the form "flag-name: value"`);
  }

  const resolveAlias = (node: unknown) => (isAlias(node) ? (node.resolve(document) ?? node) : node);
  const readScalar = (node: unknown): string | undefined => {
    if (node === null || node === undefined) return "";
    if (!isScalar(node)) return undefined;
    const text = typeof node.value === "string" ? node.value : "";
    return node.type === "PLAIN" && /^(~|null)$/i.test(text) ? "" : text;
  };
  for (const pair of document.contents.items) {
    const key = readScalar(pair.key)?.toLowerCase() ?? "";
    const where = isScalar(pair.key) ? place(pair.key.range?.[0] ?? 0) : path;
    if (key === "") throw fileError(`${where}: the name of a setting is missing`);
    if (settings.has(key)) throw fileError(`${where}: ${key} is given twice`);
    const value = resolveAlias(pair.value);
    const texts = isSeq(value)
      ? value.items.map((item) => readScalar(resolveAlias(item)))
      : [readScalar(value)];
    const known = texts.filter((item) => item !== undefined);
    if (known.length < texts.length && isSetting(key))
      throw fileError(`${where}: ${key} must be a string, a number, true, false or a list`);
    settings.set(key, known);
  }
  return settings;
}

function fileError(message: string): BatonError {
  return new BatonError(Code.Unknown, message, { kind: "configuration" });
}
