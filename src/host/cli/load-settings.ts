import { usageError } from "#config/arguments.ts";
import type { ConfigOf, FieldSet } from "#config/field.ts";
import { readConfigFile } from "#config/file.ts";
import { foreignFields } from "#config/foreign-fields.ts";
import { loadFields, type Sources } from "#config/load.ts";
import { sdkConstraints } from "#config/sdk-constraints.ts";
import { sdkFields } from "#config/sdk-fields.ts";
import { parseDuration } from "#kernel/duration.ts";
import { type Redactor, Secret } from "#kernel/secret.ts";
import type { ServiceGates } from "#runtime/endpoints.ts";
import type { NamedChange, Provisioning } from "#runtime/provisioning.ts";
import type { Invocation } from "./command.ts";
import { checkKeys, listSettings } from "./config-keys.ts";
import { findIgnoredVariables } from "./ignored-variables.ts";
import { parseJsonObject } from "./on-demand/on-demand-task.ts";

export type SdkConfig = ConfigOf<typeof sdkFields>;

/** The program's own settings, and where the connector's come from. */
export interface Settings {
  readonly sdk: SdkConfig;
  readonly sources: Sources;
  /** The configuration file, if there is one. */
  readonly configPath?: string | undefined;
  /** Anomalies worth a line in the log. */
  readonly warnings: readonly string[];
}

/**
 * Reads the configuration file and loads the program's own settings.
 *
 * @throws BatonError Unknown (exit code 2) for a setting that makes no sense, or a key of the file that is a typo
 * @param reader `connector` for the process or thread that a host has started
 */
export async function loadSettings(
  invocation: Invocation,
  reader: "program" | "connector" = "program",
): Promise<Settings> {
  const { env, parsed, redactor } = invocation;
  const known = listSettings(invocation);
  const file = await readConfigFile(env, invocation.cwd(), (key) => known.has(key));
  const unknown = file === undefined ? [] : checkKeys(invocation.definition, file, known, reader);
  const sources: Sources = { flags: parsed.flags, env, file: file?.settings ?? new Map() };
  const sdk = loadFields(sdkFields, sdkConstraints, sources, reader);
  registerSecrets(sdk, redactor);
  return { sdk, sources, configPath: file?.path, warnings: [...unknown, ...findIgnoredVariables(env)] };
}

/** Loads the connector's settings; from then on the redactor knows their secrets too. */
export function loadConnectorConfig(
  { definition, redactor }: Invocation,
  { sources }: Settings,
): ConfigOf<FieldSet> {
  const config = loadFields(definition.fields, definition.constraints, sources);
  registerSecrets(config, redactor);
  return config;
}

/** When temporary debug logging ends, in epoch milliseconds. */
export function parseDebugEnd({ logLevelDebugExpiresAt: text }: SdkConfig): number | undefined {
  if (text === undefined) return undefined;
  const at = Date.parse(text);
  if (Number.isNaN(at)) throw usageError("--log-level-debug-expires-at: value must be a time in RFC 3339");
  return at;
}

/**
 * Which changes a connector process started with these settings carries out. What is asked for by name on the command
 * line is allowed by that, and nothing else with it. In service mode it is C1 that asks, so only `--provisioning`
 * counts.
 *
 * @throws BatonError if the arguments of an action cannot be read
 */
export function readProvisioning(sdk: SdkConfig): Provisioning {
  if (sdk.provisioning) return true;
  if (sdk.clientId !== undefined) return false;
  return findNamedChange(sdk) ?? false;
}

/** Which operations are allowed, and how long a change waits for a busy upstream. */
export function readGates({ sdk, sources }: Settings, provisioning: Provisioning): ServiceGates {
  return {
    provisioning,
    ticketing: allowsTicketing({ sources }),
    changeWaitMs: parseDuration(sdk.maxWait),
  };
}

/** The change that the flags ask for by name; where several do, the one that hosts carry out. */
function findNamedChange(sdk: SdkConfig): NamedChange | undefined {
  if (sdk.grantEntitlements.length > 0) return { kind: "grant" };
  if (sdk.revokeGrants.length > 0) return { kind: "revoke" };
  const { createAccountProfile, createAccountLogin, createAccountEmail } = sdk;
  if ((createAccountProfile ?? createAccountLogin ?? createAccountEmail) !== undefined) {
    return { kind: "create-account" };
  }
  if (sdk.invokeAction !== undefined) {
    const args = parseJsonObject("invoke-action-args", sdk.invokeActionArgs);
    return { kind: "action", name: sdk.invokeAction, args };
  }
  if (sdk.deleteResources.length > 0) return { kind: "delete-resource" };
  if (sdk.rotateCredentials.length > 0) return { kind: "rotate-credentials" };
  return undefined;
}

/** Asking for tickets by name is permission enough as well; it decides how hosts learn that there are none. */
export function allowsTicketing({ sources }: Pick<Settings, "sources">): boolean {
  const asked = loadFields(foreignFields, [], sources);
  return [
    asked.ticketing,
    asked.createTicket,
    asked.bulkCreateTicket,
    asked.getTicket,
    asked.listTicketSchemas,
  ].includes(true);
}

/** Flags of Go connectors that were given although this program cannot do what they ask for. */
export function findForeignSettings({ sources }: Settings): string[] {
  const values = loadFields(foreignFields, [], sources);
  const entries: [string, unknown][] = Object.entries(values);
  const isGiven = (value: unknown) =>
    Array.isArray(value) ? value.length > 0 : value !== undefined && value !== false;
  const names: Readonly<Record<string, { readonly name: string }>> = foreignFields;
  return entries.filter(([, value]) => isGiven(value)).map(([key]) => names[key]?.name ?? key);
}

function registerSecrets(config: Readonly<Record<string, unknown>>, redactor: Redactor): void {
  for (const value of Object.values(config)) if (value instanceof Secret) redactor.register(value);
}
