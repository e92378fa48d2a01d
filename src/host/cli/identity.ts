import { type ConfigOf, type FieldSet, variableOf } from "#config/field.ts";
import type { ConnectorDefinition } from "#runtime/connector.ts";

/** Lines of the log and traces that name what was read, so that many runs can be distinguished. */
export type Identity = Readonly<Record<string, string>>;

/** Variables of all settings begin like this. */
const PREFIX = "BATON_";

/** What a connector with these settings reads, by settings: `{ acme_owner: "widgets" }` for `--acme-owner widgets`. */
export function identify(
  { fields, identity = [] }: Pick<ConnectorDefinition, "fields" | "identity">,
  config: ConfigOf<FieldSet>,
): Identity {
  return Object.fromEntries(
    identity.flatMap((key) => {
      const name = fields[key]?.name;
      const value = config[key];
      return name === undefined || typeof value !== "string" ? [] : [[toFieldName(name), value]];
    }),
  );
}

/** Not the key alone: several log services take fields such as `service` for their own. */
function toFieldName(flag: string): string {
  return variableOf(flag).slice(PREFIX.length).toLowerCase();
}
