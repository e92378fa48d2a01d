import type { Field } from "#config/field.ts";
import { findTexts } from "#config/load.ts";
import { sdkFields } from "#config/sdk-fields.ts";
import { type NamedFile, refuseInputs, refuseToReplaceC1z } from "#files/refuse-outputs.ts";
import type { Invocation } from "./command.ts";
import type { Settings } from "./load-settings.ts";

/** Variables that name a file which the network code reads. */
const CERTIFICATE_VARIABLES = ["SSL_CERT_FILE", "NODE_EXTRA_CA_CERTS"];

/**
 * The files that the settings of a run have it read: the configuration file, tokens, keys and certificates. No output
 * may be one of them. The `.c1z` file is not among them, as it is an input of some commands and an output of others.
 */
export function listInputs({ definition, commands, env }: Invocation, settings: Settings): NamedFile[] {
  const fields: Field[] = [
    definition.fields,
    sdkFields,
    ...commands.map((command) => command.fields ?? {}),
  ].flatMap((set) => Object.values(set));
  const named = fields
    .filter((field) => field.kind === "string" && field.isInputFile === true)
    .flatMap((field) =>
      (findTexts(field, settings.sources) ?? []).map((path) => ({ setting: `--${field.name}`, path })),
    );
  const certificates = CERTIFICATE_VARIABLES.map((setting) => ({ setting, path: env[setting] ?? "" }));
  const { configPath } = settings;
  const config = configPath === undefined ? [] : [{ setting: "the configuration", path: configPath }];
  return [...config, ...named, ...certificates].filter(({ path }) => path !== "");
}

/**
 * Refuses log files that are read, or synced into, by the same run, and those that are `.c1z` files: a line
 * appended to one makes it unreadable.
 *
 * @throws BatonError Unknown (exit code 2)
 */
export function refuseLogFiles(invocation: Invocation, settings: Settings): void {
  const files = settings.sdk.logPath.filter((path) => path !== "stdout" && path !== "stderr");
  if (files.length === 0) return;
  const inputs = [{ setting: "--file", path: settings.sdk.file }, ...listInputs(invocation, settings)];
  for (const path of files) {
    refuseInputs({ setting: "--log-path", path }, inputs);
    refuseToReplaceC1z(path);
  }
}
