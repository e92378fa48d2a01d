import { BatonError, Code } from "./errors.ts";
import { Secret } from "./secret.ts";
import { readSecretFile, type SecretOrigin } from "./secret-file.ts";

export interface SecretSourceOptions {
  /** The setting that holds the secret, for messages, for example `--acme-token`. */
  readonly setting: string;
  /** The setting that names its file, for example `--acme-token-file`. */
  readonly fileSetting: string;
  /** What it is, for messages, for example `an API token`. */
  readonly what: string;
  /** Learns of each secret that is read from a file, so that it can be kept out of all output. */
  readonly register?: ((secret: Secret) => void) | undefined;
}

/**
 * Hands out a secret, and reads it again from its file when the upstream has refused it. The value of a setting made with
 * `secret`; clients made with `http.json` take it as it is.
 *
 * @example
 * const password = (await settings.password.get()).reveal();
 */
export class SecretSource {
  readonly #origin: SecretOrigin;
  readonly #options: SecretSourceOptions;
  #current: Promise<Secret> | undefined;

  constructor(origin: SecretOrigin, options: SecretSourceOptions) {
    this.#origin = origin;
    this.#options = options;
  }

  /** Where it comes from, for messages. */
  get setting(): string {
    const { setting, fileSetting } = this.#options;
    return "file" in this.#origin ? `${fileSetting} ${this.#origin.file}` : setting;
  }

  /**
   * The secret without the blanks around it, among them the line end of a file.
   *
   * @throws BatonError InvalidArgument if the file cannot be read, or if there is nothing in it.
   */
  async get(): Promise<Secret> {
    this.#current ??= this.#read();
    try {
      return await this.#current;
    } catch (error) {
      this.#current = undefined;
      throw error;
    }
  }

  /** Looks at the file again; whether it now holds another secret than `refused`. */
  async replace(refused: Secret): Promise<boolean> {
    if (!("file" in this.#origin)) return false;
    this.#current = undefined;
    return (await this.get()).reveal() !== refused.reveal();
  }

  async #read(): Promise<Secret> {
    const text =
      "value" in this.#origin ? this.#origin.value.reveal() : await this.#readFile(this.#origin.file);
    const secret = new Secret(text.trim());
    if (secret.reveal() === "") {
      throw new BatonError(
        Code.InvalidArgument,
        `${this.setting} is empty; it must contain ${this.#options.what}`,
        { kind: "configuration" },
      );
    }
    if ("file" in this.#origin) this.#options.register?.(secret);
    return secret;
  }

  async #readFile(file: string): Promise<string> {
    return await readSecretFile(this.#options.fileSetting, file);
  }
}
