import { BatonError, Code } from "#kernel/errors.ts";
import { Secret } from "#kernel/secret.ts";
import { readSecretFile, type SecretOrigin } from "#kernel/secret-file.ts";

const FILE_SETTING = "--codecov-api-token-file";

/** Hands out the API token, and reads it again from its file when the old one was refused. */
export class TokenSource {
  readonly #origin: SecretOrigin;
  readonly #register: ((secret: Secret) => void) | undefined;
  #current: Promise<Secret> | undefined;

  /** `register` learns of each token read from a file, so that it can be kept out of all output. */
  constructor(origin: SecretOrigin, register?: (secret: Secret) => void) {
    this.#origin = origin;
    this.#register = register;
  }

  /** @throws BatonError InvalidArgument if the file cannot be read or holds no usable token. */
  async get(): Promise<Secret> {
    this.#current ??= this.#read();
    try {
      return await this.#current;
    } catch (error) {
      this.#current = undefined;
      throw error;
    }
  }

  /** Looks at the file again; whether it now holds another token than `refused`. */
  async replace(refused: Secret): Promise<boolean> {
    if (!("file" in this.#origin)) return false;
    this.#current = undefined;
    return (await this.get()).reveal() !== refused.reveal();
  }

  async #read(): Promise<Secret> {
    if ("value" in this.#origin) return checkedToken(this.#origin.value.reveal(), "--codecov-api-token");
    const { file } = this.#origin;
    const text = await readSecretFile(FILE_SETTING, file);
    const token = checkedToken(text, `${FILE_SETTING} ${file}`);
    this.#register?.(token);
    return token;
  }
}

/** A token without the blanks around it, among them the line end of a file. */
function checkedToken(text: string, where: string): Secret {
  const token = text.trim();
  if (token === "") throw invalid(`${where} is empty; it must hold a Codecov API token`);
  // Anything else would be refused by the HTTP client in words that repeat the header.
  if (!/^[\x21-\x7e]+$/.test(token)) {
    throw invalid(`${where} holds blanks or characters that no Codecov API token has; copy the token again`);
  }
  return new Secret(token);
}

function invalid(message: string): BatonError {
  return new BatonError(Code.InvalidArgument, message, { kind: "configuration" });
}
