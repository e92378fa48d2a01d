import type { CodecovApi, CodecovCall } from "#codecov/api/api.ts";
import type { ApiAccess } from "#codecov/api/api-access.ts";
import { resolveApiAddress } from "#codecov/api/api-address.ts";
import { resolveOwner } from "#codecov/api/owner.ts";
import type { CallContext } from "#kernel/context.ts";
import { Secret } from "#kernel/secret.ts";
import { SecretSource } from "#kernel/secret-source.ts";
import type { ConnectorSettings } from "#runtime/connector.ts";
import { type CodecovConfig, fields } from "./fields.ts";

/**
 * Opens the API when it is first asked for something. Until then nothing of it is loaded (HTTP client and
 * schema library take about 100 ms), and a setting that only shows itself wrong together with another one is
 * reported by the first call, which is `Validate`.
 */
export class CodecovConnection implements ApiAccess {
  readonly #config: CodecovConfig;
  readonly #settings: ConnectorSettings;
  #api: CodecovApi | undefined;

  constructor(config: CodecovConfig, settings: ConnectorSettings) {
    this.#config = config;
    this.#settings = settings;
  }

  async forCall(ctx: CallContext, maxWaitMs?: number): Promise<CodecovCall> {
    return (await this.#open()).forCall(ctx, maxWaitMs);
  }

  /** Opens the API before it is asked for anything. */
  async prepare(): Promise<void> {
    await (await this.#open()).prepare();
  }

  get requestCount(): number {
    return this.#api?.requestCount ?? 0;
  }

  async close(): Promise<void> {
    await this.#api?.close();
  }

  async #open(): Promise<CodecovApi> {
    const api = await import("#codecov/api/api.ts");
    this.#api ??= new api.CodecovApi(this.#resolve());
    return this.#api;
  }

  #resolve() {
    const { service, owner, baseUrl, allowHttp, apiToken, apiTokenFile } = this.#config;
    const base = resolveApiAddress(baseUrl, allowHttp);
    const origin =
      apiTokenFile === undefined ? { value: apiToken ?? new Secret("") } : { file: apiTokenFile };
    return {
      target: { origin: base.origin, apiPath: base.path, service, owner: resolveOwner(service, owner) },
      allowHttp,
      token: new SecretSource(origin, {
        setting: `--${fields.apiToken.name}`,
        fileSetting: `--${fields.apiTokenFile.name}`,
        what: "a Codecov API token",
        register: this.#settings.registerSecret,
      }),
      allowWrites: this.#settings.provisioning,
      httpTimeoutMs: this.#settings.httpTimeoutMs,
      redact: this.#settings.redact ?? ((text: string) => text),
    };
  }
}
