import { variableOf } from "#config/field.ts";
import type { ConfigFile } from "#config/file.ts";
import { foreignFields } from "#config/foreign-fields.ts";
import { configError } from "#config/load.ts";
import { findNearest } from "#config/nearest.ts";
import { sdkFields } from "#config/sdk-fields.ts";
import type { Invocation } from "./command.ts";

/** The names of all settings that the configuration file can hold, those of every command among them. */
export function listSettings({
  definition,
  commands,
}: Pick<Invocation, "definition" | "commands">): ReadonlySet<string> {
  const sets = [definition.fields, sdkFields, foreignFields, ...commands.map(({ fields }) => fields ?? {})];
  return new Set(sets.flatMap((set) => Object.values(set)).map(({ name }) => name));
}

/**
 * Looks for keys of the configuration file that are not settings. One that begins like the connector's own, or is close to
 * a setting, is a typo, and what it was to set would silently be absent. Any other one may be meant for another connector
 * that reads the same file.
 *
 * @param known as {@link listSettings} gives them
 * @param reader `connector` only warns: hosts on baton-sdk have silently accepted the same file
 * @returns sentences about those that may be right
 * @throws BatonError Unknown (exit code 2) about typos, one line each
 */
export function checkKeys(
  definition: { readonly name: string },
  { path, settings }: ConfigFile,
  known: ReadonlySet<string>,
  reader: "program" | "connector",
): string[] {
  const prefix = definition.name.replace(/^baton-/, "");
  const typos: string[] = [];
  const strangers: string[] = [];
  for (const key of settings.keys()) {
    if (known.has(key)) continue;
    // As a variable would be spelled.
    const spelled = key.replaceAll("_", "-").replace(/^baton-/, "");
    const nearest = known.has(spelled) ? spelled : findNearest(spelled, known);
    const isOwn = spelled.startsWith(prefix);
    const problem = `${path} sets ${key}, which is not a setting of ${definition.name}`;
    if (nearest !== undefined) {
      typos.push(`${problem}; did you mean ${nearest}, which is also $${variableOf(nearest)}?`);
    } else if (isOwn) typos.push(`${problem}; ${definition.name} --help lists its settings`);
    else strangers.push(problem);
  }
  if (reader === "connector") return [...typos, ...strangers];
  if (typos.length > 0) throw configError(typos);
  return strangers;
}
