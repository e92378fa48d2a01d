import type { ConfigOf, FieldSet } from "#config/field.ts";
import type { Credentials } from "#http/credentials.ts";
import { JsonApi } from "#http/json-api.ts";
import type { CallContext } from "#kernel/context.ts";
import { BatonError, Code } from "#kernel/errors.ts";
import type {
  Connector,
  ConnectorDefinition,
  ConnectorSettings,
  Example,
  SummaryCount,
} from "#runtime/connector.ts";
import { type DefineAction, type DefinedAction, makeActionKit } from "./actions.ts";
import {
  type BaseUrl,
  type DeclaredSettings,
  declareSettings,
  readSettings,
  type SettingSet,
  type SettingValues,
} from "./declare-settings.ts";
import { type DefinedFeed, type DefineFeed, makeFeedKit } from "./events.ts";
import type { DefinedType, TypeKit } from "./resource-types.ts";
import { makeTypeKit } from "./type-kit.ts";

/** Makes clients for HTTP APIs that follow the settings of the program: time-outs, proxies, no writes unless allowed. */
export interface HttpKit {
  /**
   * A client for a JSON API.
   *
   * @param baseUrl a setting made with `url`, or an address that is part of the connector
   */
  json(baseUrl: BaseUrl | string, credentials?: Credentials, options?: JsonOptions): JsonApi;
}

/** What is sent with each request of a client. */
export interface JsonOptions {
  /** For example the version of the API. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Largest response that is read, in bytes; default 8 MiB. */
  readonly maxBodyBytes?: number;
}

/** What `open` gets. */
export interface OpenKit<Settings extends SettingSet> {
  readonly settings: SettingValues<Settings>;
  readonly http: HttpKit;
  /** Whether anything may be changed upstream in this run. */
  readonly provisioning: boolean;
}

/** Names of the settings that are plain texts. */
type TextSettings<Settings extends SettingSet> = {
  [Name in keyof Settings & string]: SettingValues<Settings>[Name] extends string ? Name : never;
}[keyof Settings & string];

/** A connector, as its author describes it. */
export interface ConnectorSpec<Settings extends SettingSet, Client> {
  /** Name of the program, for example `baton-acme`. */
  readonly name: string;
  /** Display name of the upstream system. */
  readonly displayName: string;
  /** One line for help and catalogs. */
  readonly description?: string;
  readonly helpUrl?: string;
  readonly iconUrl?: string;
  /** Made with `secret`, `url`, `text` and the like. */
  readonly settings: Settings;
  /** Settings that together say what is read, such as an organization; every log line and trace names them. Never a secret. */
  readonly identity?: readonly TextSettings<Settings>[];
  /** Makes the client that everything below gets first, at the first call. Sends nothing. */
  open(kit: OpenKit<Settings>): Client;
  /** Makes a real, cheap call with the credentials; the person who sets the connector up sees what it throws. */
  validate(client: NoInfer<Client>, ctx: CallContext): Promise<unknown>;
  /** The resource types. */
  types(type: TypeKit<NoInfer<Client>>): readonly DefinedType<NoInfer<Client>>[];
  /** Operations outside grants. */
  actions?(action: DefineAction<NoInfer<Client>>): readonly DefinedAction<NoInfer<Client>>[];
  /** Streams of events. */
  events?(feed: DefineFeed<NoInfer<Client>>): readonly DefinedFeed<NoInfer<Client>>[];
  /** Frees what the client holds, when the process ends; clients made with `http` need none. */
  close?(client: NoInfer<Client>): Promise<void>;
  /** What the summary of a sync counts; without it, rows by kind. */
  readonly summary?: readonly SummaryCount[];
  /** Command lines for the help. */
  readonly examples?: readonly Example[];
}

/**
 * Defines a connector: settings, a client, resource types and what can be done with them. The types of settings, client,
 * rows and ids are inferred, so that a mistyped name does not compile.
 *
 * @example
 * export default defineConnector({
 *   name: "baton-acme",
 *   displayName: "Acme",
 *   settings: { token: secret("Acme API token") },
 *   open: ({ settings, http }) => http.json("https://api.acme.example", { bearer: settings.token }),
 *   validate: (acme, ctx) => acme.get(path`/me`, Me, ctx),
 *   types: (type) => [
 *     type.user({
 *       list: (acme, page, ctx) => acme.page(path`/users`, User, page, cursor("next"), ctx),
 *       user: (row) => ({ id: row.id, name: row.name, emails: [row.email], enabled: row.active }),
 *     }),
 *   ],
 * });
 *
 * @throws BatonError Internal for a definition that contradicts itself
 */
export function defineConnector<const Settings extends SettingSet, Client>(
  spec: ConnectorSpec<Settings, Client>,
): ConnectorDefinition {
  const { fields, constraints, example } = declareSettings(spec.name, spec.settings);
  const { displayName, description = `Who has access to ${spec.displayName}` } = spec;
  const types = spec.types(makeTypeKit());
  checkTypes(types);
  return {
    name: spec.name,
    displayName,
    description,
    fields,
    constraints,
    exampleConfig: toConfig(example),
    ...(spec.identity === undefined ? {} : { identity: spec.identity }),
    ...(spec.helpUrl === undefined ? {} : { helpUrl: spec.helpUrl }),
    ...(spec.iconUrl === undefined ? {} : { iconUrl: spec.iconUrl }),
    ...(spec.summary === undefined ? {} : { summary: spec.summary }),
    ...(spec.examples === undefined ? {} : { examples: spec.examples }),
    create: (config, settings) =>
      createConnector(spec, types, config, settings, { displayName, description }),
  };
}

/** The loaded configuration is as the fields say, which are known only when the program runs. */
function toConfig(values: DeclaredSettings["example"]): ConfigOf<FieldSet> {
  return values as ConfigOf<FieldSet>;
}

function createConnector<Settings extends SettingSet, Client>(
  spec: ConnectorSpec<Settings, Client>,
  types: readonly DefinedType<Client>[],
  config: Readonly<Record<string, unknown>>,
  settings: ConnectorSettings,
  { displayName, description }: { readonly displayName: string; readonly description: string },
): Connector {
  const apis: JsonApi[] = [];
  const http: HttpKit = {
    json(baseUrl, credentials, options = {}) {
      const { text, ...baseUrlOptions } =
        typeof baseUrl === "string" ? { text: baseUrl, setting: "the base URL" } : baseUrl;
      const api = new JsonApi({
        upstream: spec.displayName,
        baseUrl: text,
        baseUrlOptions,
        credentials,
        userAgent: spec.name,
        allowWrites: settings.provisioning,
        httpTimeoutMs: settings.httpTimeoutMs,
        redact: settings.redact ?? ((said) => said),
        ...options,
      });
      apis.push(api);
      return api;
    },
  };
  let opened: { readonly client: Client } | undefined;
  // A setting that is wrong only together with another one shows itself here, and so to the first call: `validate`.
  const client = async (): Promise<Client> => {
    opened ??= {
      client: spec.open({
        settings: readSettings(spec.name, spec.settings, config, settings.registerSecret),
        http,
        provisioning: settings.provisioning,
      }),
    };
    return opened.client;
  };
  const childrenOf = (id: string) => types.filter(({ under }) => under === id).map((type) => type.id);
  const entitlementsOf = (id: string) => types.find((type) => type.id === id)?.entitlements;
  return {
    metadata: {
      displayName,
      description,
      ...(spec.helpUrl === undefined ? {} : { helpUrl: spec.helpUrl }),
    },
    syncers: types.map((type) => type.build({ client, children: childrenOf(type.id), entitlementsOf })),
    actions: spec.actions?.(makeActionKit()).map((action) => action.build(client)) ?? [],
    eventFeeds: spec.events?.(makeFeedKit()).map((feed) => feed.build(client)) ?? [],
    async prepare() {
      await client();
      await Promise.all(apis.map(async (api) => api.prepare()));
    },
    async validate(ctx) {
      await spec.validate(await client(), ctx);
      return {};
    },
    upstreamRequests: () => apis.reduce((sum, api) => sum + api.requestCount, 0),
    upstreamSource: () => (apis[0] === undefined ? undefined : { address: apis[0].address }),
    async close() {
      if (opened !== undefined) await spec.close?.(opened.client);
      await Promise.all(apis.map(async (api) => api.close()));
    },
  };
}

/** Names of types that only meet here. */
function checkTypes(types: readonly DefinedType<never>[]): void {
  const ids = new Set(types.map(({ id }) => id));
  for (const { id, under, grantableTo } of types) {
    const unknown = [...grantableTo, ...(under === undefined ? [] : [under])].find((name) => !ids.has(name));
    if (unknown !== undefined) {
      throw new BatonError(
        Code.Internal,
        `the resource type "${id}" names the type "${unknown}", which the connector does not have`,
      );
    }
    if (isBelowItself(id, types)) {
      throw new BatonError(
        Code.Internal,
        `the resource type "${id}" is listed below itself, so none of its resources would ever be listed`,
      );
    }
  }
}

/** Whether what a type is `under`, and so on, leads back to the type itself. */
function isBelowItself(id: string, types: readonly DefinedType<never>[]): boolean {
  const met = new Set<string>();
  let at: string | undefined = id;
  while (at !== undefined && !met.has(at)) {
    met.add(at);
    const above: string = at;
    at = types.find((type) => type.id === above)?.under;
  }
  return at === id;
}
