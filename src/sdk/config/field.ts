/**
 * How a setting is declared. One declaration yields the flag (`--name`), the variable (`BATON_NAME`), the
 * key in the configuration file, the help text, validation, redaction and the exported schema, and the type
 * of the loaded value. Declarations are plain data:
 *
 *     const fields = {
 *       owner: { kind: "string", name: "acme-owner", description: "…", required: true },
 *       token: { kind: "secret", name: "acme-token", description: "…" },
 *     } as const satisfies FieldSet;
 *     type Config = ConfigOf<typeof fields>; // { owner: string; token: Secret | undefined }
 */

import type { Secret } from "#kernel/secret.ts";

/** Who sees a field in the exported schema: the connector's form, the operator's part of it, or nobody. */
export type ExportTarget = "gui" | "ops" | "none";

interface FieldBase {
  /** Flag name in kebab-case; variable and file key derive from it. */
  readonly name: string;
  /** What the setting does, one sentence without the variable's name. */
  readonly description: string;
  /** Label in a form. */
  readonly displayName?: string;
  /** Example value shown in an empty form field. */
  readonly placeholder?: string;
  /** One-letter form of the flag, without the dash. */
  readonly shorthand?: string;
  /** Without a value the program refuses to start. Use either this or a default. */
  readonly required?: boolean;
  /** Accepted, but left out of the help text. */
  readonly hidden?: boolean;
  /** Connector fields default to `gui`, the program's own to `none`. */
  readonly exportAs?: ExportTarget;
  /** Names a file or directory that need not be an input: completion offers those that are there. */
  readonly isPath?: boolean;
  /** The exported schema does not say which values are allowed, as that of Go connectors does not. */
  readonly schemaTakesAny?: boolean;
  /**
   * Go hosts take any value and hand it on to the connector process, which then takes the default for one that makes no
   * sense; everywhere else that is an error.
   */
  readonly connectorTakesAny?: boolean;
  /** Heading under which the help lists the flag; connector fields get the connector's own. */
  readonly group?: string;
  /**
   * Asks one run for something other than a sync, so it belongs on the command line and not into a file. A `choice` says
   * what to do: an empty text, as from an unset variable of a script, would silently do something else and is refused. A
   * `detail` says how.
   */
  readonly task?: "choice" | "detail";
  /** The flag with an empty text, as from an unset variable of a script, is refused rather than taken for its absence. */
  readonly refusesEmpty?: boolean;
}

interface TextRules {
  /** Brings an accepted spelling into the form that the program uses; runs before `check`. */
  readonly normalize?: (text: string) => string;
  /** What is wrong with a value, as the end of the sentence "--name …", or undefined if nothing is. */
  readonly check?: (text: string) => string | undefined;
}

export interface StringField extends FieldBase, TextRules {
  readonly kind: "string";
  /** Names a file that the program reads; no output of the same run may be that file. */
  readonly isInputFile?: boolean;
  readonly default?: string;
}

/** A text that never appears in output; it loads as a {@link Secret}. */
export interface SecretField extends FieldBase, TextRules {
  readonly kind: "secret";
}

/** A switch: `--name` or `--name=false`; false unless given. */
export interface BoolField extends FieldBase {
  readonly kind: "bool";
}

export interface IntField extends FieldBase {
  readonly kind: "int";
  readonly default?: number;
  readonly min?: number;
  readonly max?: number;
}

/** Values separated by commas, the flag can be repeated; empty unless given. */
export interface ListField extends FieldBase {
  readonly kind: "list";
  /** Each use of the flag is one value as it stands: commas separate nothing. For ids, which may hold some. */
  readonly verbatim?: boolean;
}

/** One of a fixed set of values. */
export interface SelectField extends FieldBase, TextRules {
  readonly kind: "select";
  readonly values: readonly string[];
  readonly default?: string;
}

/**
 * One setting.
 *
 * @example
 * const owner: Field = { kind: "string", name: "acme-owner", description: "Organization to read." };
 */
export type Field = StringField | SecretField | BoolField | IntField | ListField | SelectField;

/**
 * Fields by the name under which their values are found in the loaded configuration.
 *
 * @example
 * const fields = {
 *   owner: { kind: "string", name: "acme-owner", description: "Organization to read.", required: true },
 * } as const satisfies FieldSet;
 */
export type FieldSet = Readonly<Record<string, Field>>;

/** A relation between fields, which are named by their flags. A field counts as given if it has a non-empty value. */
export type Constraint =
  | {
      readonly kind: "required-together" | "mutually-exclusive" | "at-least-one" | "exactly-one";
      readonly fields: readonly string[];
    }
  | {
      /** If one of `fields` is given, all of `on` must be given. */
      readonly kind: "dependent-on";
      readonly fields: readonly string[];
      readonly on: readonly string[];
    };

type Present<F, T> = F extends { readonly required: true } | { readonly default: string | number }
  ? T
  : T | undefined;

/** The type of one field's loaded value. */
export type ValueOf<F> = F extends { readonly kind: "bool" }
  ? boolean
  : F extends { readonly kind: "list" }
    ? readonly string[]
    : F extends { readonly kind: "int" }
      ? Present<F, number>
      : F extends { readonly kind: "secret" }
        ? Present<F, Secret>
        : F extends { readonly kind: "select"; readonly values: readonly (infer V)[] }
          ? Present<F, V>
          : Present<F, string>;

/**
 * The type of a loaded configuration.
 *
 * @example
 * const describe = ({ owner }: ConfigOf<typeof fields>) => `Users of ${owner}`;
 */
export type ConfigOf<Fields extends FieldSet> = { readonly [K in keyof Fields]: ValueOf<Fields[K]> };

/** The environment variable of a field, for example `BATON_LOG_LEVEL`. */
export function variableOf(name: string): string {
  return `BATON_${name.toUpperCase().replaceAll("-", "_")}`;
}
