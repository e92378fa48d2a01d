import type { Constraint, Field, FieldSet } from "#config/field.ts";
import { sdkFields } from "#config/sdk-fields.ts";
import { type BaseUrlOptions, checkBaseUrl } from "#http/base-url.ts";
import { BatonError, Code } from "#kernel/errors.ts";
import { Secret } from "#kernel/secret.ts";
import { SecretSource } from "#kernel/secret-source.ts";

/** Options of every setting. */
export interface SettingOptions {
  /** One sentence for the help; default the label. */
  readonly description?: string;
  /** Name of the flag; default the program's name and the setting's, so `baton-acme` has `--acme-base-url`. */
  readonly flag?: string;
  /** Example of a value, for an empty form. */
  readonly placeholder?: string;
}

/** The address of an API, and what messages call it. */
export interface BaseUrl extends BaseUrlOptions {
  readonly text: string;
}

/** What settings of a connector are read with. */
interface Reader {
  readonly flag: string;
  readonly register: ((secret: Secret) => void) | undefined;
}

/** The fields that a setting is made of, by what is put after its name. */
interface Declaration {
  readonly fields: Readonly<Record<string, Field>>;
  readonly constraints: readonly Constraint[];
  /** Valid values of the fields that need one. */
  readonly example: Readonly<Record<string, unknown>>;
}

/** One setting of a connector. Made by {@link secret}, {@link url}, {@link text} and the like. */
export interface Setting<Value> {
  readonly options: SettingOptions;
  declare(flag: string): Declaration;
  /** The value out of those of its fields. */
  read(values: Readonly<Record<string, unknown>>, reader: Reader): Value;
}

/** Settings by their names in the code of the connector. */
export type SettingSet = Readonly<Record<string, Setting<unknown>>>;

/** The values of settings. */
export type SettingValues<Settings extends SettingSet> = {
  readonly [Name in keyof Settings]: Settings[Name] extends Setting<infer Value> ? Value : never;
};

interface Optional {
  /** The connector works without it; its value can be undefined. */
  readonly optional?: boolean;
}

type Value<Options, Given> = Options extends { readonly optional: true } ? Given | undefined : Given;

/** A setting of one field. */
function single<Value>(
  options: SettingOptions,
  field: (flag: string) => Field,
  example: unknown,
  read: (value: unknown) => Value,
): Setting<Value> {
  return {
    options,
    declare: (flag) => ({ fields: { "": field(flag) }, constraints: [], example: { "": example } }),
    read: (values) => read(values[""]),
  };
}

function describe(label: string, { description, placeholder }: SettingOptions) {
  return {
    displayName: label,
    description: description ?? label,
    ...(placeholder === undefined ? {} : { placeholder }),
  };
}

/**
 * A token, key or password: `--acme-token`, or `--acme-token-file` for a file that is read again when the upstream
 * refuses what it held. Its value goes into the credentials of a client and is shown nowhere.
 *
 * @example
 * settings: { token: secret("Acme API token") }
 */
export function secret<const Options extends SettingOptions & Optional>(
  label: string,
  options?: Options,
): Setting<Value<Options, SecretSource>>;
export function secret(
  label: string,
  options: SettingOptions & Optional = {},
): Setting<SecretSource | undefined> {
  return {
    options,
    declare(flag) {
      const file = `${flag}-file`;
      const { displayName, description } = describe(label, options);
      return {
        fields: {
          "": {
            kind: "secret",
            name: flag,
            displayName,
            description: `${toSentence(description)} Pass it as a file or an environment variable: flags are visible in the process list.`,
          },
          File: {
            kind: "string",
            name: file,
            displayName: `${label} file`,
            description: `File with the secret (${label}); read again when the upstream rejects the secret.`,
            placeholder: `/run/secrets/${flag}`,
            isInputFile: true,
            exportAs: "ops",
          },
        },
        constraints: [
          { kind: options.optional === true ? "mutually-exclusive" : "exactly-one", fields: [flag, file] },
        ],
        example: { "": new Secret("example") },
      };
    },
    read({ "": value, File: file }, { flag, register }) {
      const origin = typeof file === "string" ? { file } : value instanceof Secret ? { value } : undefined;
      if (origin === undefined) return undefined;
      return new SecretSource(origin, {
        setting: `--${flag}`,
        fileSetting: `--${flag}-file`,
        what: label,
        register,
      });
    },
  };
}

/**
 * The address of an API. Only https:// is accepted, except for this machine; `--acme-base-url-allow-http` accepts http://
 * elsewhere too.
 *
 * @example
 * settings: { baseUrl: url("Address of Acme", { default: "https://api.acme.example" }) }
 */
export function url(
  label: string,
  options: SettingOptions & { readonly default?: string } = {},
): Setting<BaseUrl> {
  return {
    options,
    declare(flag) {
      const presence = options.default === undefined ? { required: true } : { default: options.default };
      return {
        fields: {
          "": { kind: "string", name: flag, ...describe(label, options), ...presence, check: checkBaseUrl },
          AllowHttp: {
            kind: "bool",
            name: `${flag}-allow-http`,
            displayName: `${label}: allow plain HTTP`,
            description:
              "Allow http:// to another machine, although the credentials then travel unencrypted.",
            exportAs: "ops",
          },
        },
        constraints: [],
        example: { "": options.default ?? "https://api.example.com", AllowHttp: false },
      };
    },
    read: ({ "": value, AllowHttp: allowHttp }, { flag }) => ({
      text: String(value),
      setting: `--${flag}`,
      allowHttp: allowHttp === true,
      allowHttpSetting: `--${flag}-allow-http`,
    }),
  };
}

/**
 * A text.
 *
 * @example
 * settings: { organization: text("Organization", { placeholder: "acme" }) }
 */
export function text<
  const Options extends SettingOptions &
    Optional & {
      readonly default?: string;
      /** What is wrong with a value, as the end of the sentence "--acme-organization …"; undefined if nothing is. */
      readonly check?: (text: string) => string | undefined;
    },
>(label: string, options?: Options): Setting<Value<Options, string>>;
export function text(
  label: string,
  options: SettingOptions &
    Optional & { readonly default?: string; readonly check?: (text: string) => string | undefined } = {},
): Setting<string | undefined> {
  const { check } = options;
  const field = (name: string): Field => ({
    kind: "string",
    name,
    ...describe(label, options),
    ...presenceOf(options),
    ...(check === undefined ? {} : { check }),
  });
  return single(options, field, options.default ?? "example", (value) =>
    typeof value === "string" ? value : undefined,
  );
}

/**
 * One of several values.
 *
 * @example
 * settings: { region: choice("Region", ["eu", "us"], { default: "eu" }) }
 */
export function choice<
  const Values extends readonly [string, ...string[]],
  const Options extends SettingOptions & Optional & { readonly default?: NoInfer<Values[number]> },
>(label: string, values: Values, options?: Options): Setting<Value<Options, Values[number]>>;
export function choice(
  label: string,
  values: readonly [string, ...string[]],
  options: SettingOptions & Optional & { readonly default?: string } = {},
): Setting<string | undefined> {
  const field = (name: string): Field => ({
    kind: "select",
    name,
    ...describe(label, options),
    ...presenceOf(options),
    values,
  });
  return single(options, field, options.default ?? values[0], (value) =>
    typeof value === "string" ? value : undefined,
  );
}

/**
 * A whole number.
 *
 * @example
 * settings: { days: integer("Days to look back", { default: 30, min: 1 }) }
 */
export function integer(
  label: string,
  options: SettingOptions & { readonly default: number; readonly min?: number; readonly max?: number },
): Setting<number> {
  const { default: fallback, min, max } = options;
  const field = (name: string): Field => ({
    kind: "int",
    name,
    ...describe(label, options),
    default: fallback,
    ...(min === undefined ? {} : { min }),
    ...(max === undefined ? {} : { max }),
  });
  return single(options, field, fallback, (value) => (typeof value === "number" ? value : fallback));
}

/**
 * A switch, off unless given.
 *
 * @example
 * settings: { guests: flag("Also list guests") }
 */
export function flag(label: string, options: SettingOptions = {}): Setting<boolean> {
  const field = (name: string): Field => ({ kind: "bool", name, ...describe(label, options) });
  return single(options, field, false, (value) => value === true);
}

/**
 * Several texts, separated by commas; none unless given.
 *
 * @example
 * settings: { teams: list("Teams to list") }
 */
export function list(label: string, options: SettingOptions = {}): Setting<readonly string[]> {
  const field = (name: string): Field => ({ kind: "list", name, ...describe(label, options) });
  return single(options, field, [], (value) => (Array.isArray(value) ? value.map(String) : []));
}

/** Of programs and flags: what a shell, an environment variable and a key of a file can all hold. */
const NAME = /^[a-z][a-z0-9]*(-[a-z0-9]+)*$/;
const NAME_ADVICE = "must consist of lower-case letters, digits and single hyphens";

/** The fields and constraints that the settings of a connector become. */
export interface DeclaredSettings {
  readonly fields: FieldSet;
  readonly constraints: readonly Constraint[];
  readonly example: Readonly<Record<string, unknown>>;
}

/**
 * The fields of a connector's settings.
 *
 * @param program its name, for example `baton-acme`
 * @throws BatonError Internal for a name that cannot be one, or that is taken
 */
export function declareSettings(program: string, settings: SettingSet): DeclaredSettings {
  const fields: Record<string, Field> = {};
  const constraints: Constraint[] = [];
  const example: Record<string, unknown> = {};
  const taken = new Set(Object.values<Field>(sdkFields).map(({ name }) => name));
  if (!NAME.test(program)) throw mistake(`the name of the connector, "${program}", ${NAME_ADVICE}`);
  for (const [name, setting] of Object.entries(settings)) {
    const declared = setting.declare(flagOf(program, name, setting));
    for (const [end, field] of Object.entries(declared.fields)) {
      if (!NAME.test(field.name))
        throw mistake(`the setting ${name}: the flag --${field.name} ${NAME_ADVICE}`);
      if (taken.has(field.name))
        throw mistake(`the setting ${name}: the flag --${field.name} already exists`);
      if (Object.hasOwn(fields, name + end))
        throw mistake(`the setting ${name}: another setting has a value named ${name + end} already`);
      taken.add(field.name);
      fields[name + end] = field;
      example[name + end] = declared.example[end];
    }
    constraints.push(...declared.constraints);
  }
  return { fields, constraints, example };
}

/** The values of a connector's settings, out of those of its fields. */
export function readSettings<Settings extends SettingSet>(
  program: string,
  settings: Settings,
  config: Readonly<Record<string, unknown>>,
  register: ((secret: Secret) => void) | undefined,
): SettingValues<Settings> {
  const values = Object.entries(settings).map(([name, setting]) => {
    const flagName = flagOf(program, name, setting);
    const ends = Object.keys(setting.declare(flagName).fields);
    const own = Object.fromEntries(ends.map((end) => [end, config[name + end]]));
    return [name, setting.read(own, { flag: flagName, register })] as const;
  });
  return Object.fromEntries(values) as SettingValues<Settings>;
}

function flagOf(program: string, name: string, { options }: Setting<unknown>): string {
  const kebab = name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
  return options.flag ?? `${program.replace(/^baton-/, "")}-${kebab}`;
}

function mistake(problem: string): BatonError {
  return new BatonError(Code.Internal, problem);
}

function presenceOf(options: Optional & { readonly default?: string }) {
  if (options.default !== undefined) return { default: options.default };
  return options.optional === true ? {} : { required: true };
}

function toSentence(text: string): string {
  return text.endsWith(".") ? text : `${text}.`;
}
