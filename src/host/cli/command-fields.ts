import type { Field } from "#config/field.ts";
import type { ConnectorDefinition } from "#runtime/connector.ts";
import type { Command } from "./command.ts";

/** The visible flags that a command acts on: its own, those of the program, and those of the connector. */
export function fieldsOf(
  command: Command,
  definition: ConnectorDefinition,
): {
  readonly own: readonly Field[];
  readonly shared: readonly Field[];
  readonly connector: readonly Field[];
} {
  const isVisible = ({ hidden }: Field) => hidden !== true;
  return {
    own: Object.values(command.fields ?? {}).filter(isVisible),
    shared: (command.uses ?? []).filter(isVisible),
    connector: command.usesConnector === true ? Object.values(definition.fields).filter(isVisible) : [],
  };
}
