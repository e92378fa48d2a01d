import type { Redactor } from "#kernel/secret.ts";
import { Secret } from "#kernel/secret.ts";
import { readSecretFile, type SecretOrigin } from "#kernel/secret-file.ts";
import { parseClientSecret, type SigningKey } from "./c1-credentials.ts";

const SECRET_SETTING = "--client-secret";
const FILE_SETTING = "--client-secret-file";

/** The key that signs for the client. One that came from a file is read again once C1 has refused it. */
export class ClientKey {
  readonly #origin: SecretOrigin;
  readonly #redactor: Redactor;
  #current: { readonly secret: Secret; readonly key: SigningKey } | undefined;

  constructor(origin: SecretOrigin, redactor: Redactor) {
    this.#origin = origin;
    this.#redactor = redactor;
  }

  /**
   * @throws BatonError InvalidArgument if the file cannot be read, Unknown if what it or the setting holds is no
   *   client secret
   */
  async get(): Promise<SigningKey> {
    this.#current ??= await this.#read();
    return this.#current.key;
  }

  /**
   * Looks at the file again; whether it now holds another secret. A file that is being written, or is no longer
   * there, changes nothing.
   */
  async replace(): Promise<boolean> {
    if ("value" in this.#origin) return false;
    const refused = this.#current?.secret.reveal();
    const next = await this.#read().catch(() => undefined);
    if (next === undefined || next.secret.reveal() === refused) return false;
    this.#current = next;
    return true;
  }

  async #read(): Promise<{ readonly secret: Secret; readonly key: SigningKey }> {
    if ("value" in this.#origin) {
      const secret = this.#origin.value;
      return { secret, key: parseClientSecret(secret, SECRET_SETTING) };
    }
    const { file } = this.#origin;
    const secret = new Secret((await readSecretFile(FILE_SETTING, file)).trim());
    this.#redactor.register(secret);
    return { secret, key: parseClientSecret(secret, `${FILE_SETTING} ${file}`) };
  }
}
