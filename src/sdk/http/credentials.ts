import { BatonError, Code } from "#kernel/errors.ts";
import { Secret } from "#kernel/secret.ts";
import { SecretSource } from "#kernel/secret-source.ts";

/** A secret, or where to get it. Only a source can be read again when the upstream has refused the secret. */
export type SecretLike = Secret | SecretSource;

/**
 * How requests prove who sends them.
 *
 * @example
 * http.json(settings.baseUrl, { headers: { "X-Api-Key": settings.key, "X-App-Key": settings.appKey } })
 */
export type Credentials =
  /** `Authorization: Bearer …` */
  | { readonly bearer: SecretLike }
  /** `Authorization: Basic …` */
  | { readonly basic: { readonly user: string; readonly password: SecretLike } }
  /** Headers of the API's own, by their names, for example `X-Api-Key`. */
  | { readonly headers: Readonly<Record<string, SecretLike>> };

/** Headers that carry credentials, and what they were made with. */
export interface SignedHeaders {
  readonly headers: Readonly<Record<string, string>>;
  readonly used: ReadonlyMap<SecretSource, Secret>;
}

/** @throws BatonError InvalidArgument for a secret that cannot be read, or cannot be part of a header. */
export async function signHeaders(credentials: Credentials): Promise<SignedHeaders> {
  const used = new Map<SecretSource, Secret>();
  const reveal = async (secret: SecretLike): Promise<string> => {
    if (secret instanceof Secret) return secret.reveal();
    const read = await secret.get();
    used.set(secret, read);
    return read.reveal();
  };
  return { headers: await makeHeaders(credentials, reveal), used };
}

async function makeHeaders(credentials: Credentials, reveal: (secret: SecretLike) => Promise<string>) {
  if ("bearer" in credentials) {
    const { bearer } = credentials;
    return { authorization: `Bearer ${plain(await reveal(bearer), bearer)}` };
  }
  if ("basic" in credentials) {
    const { user, password } = credentials.basic;
    const pair = `${user}:${await reveal(password)}`;
    return { authorization: `Basic ${Buffer.from(pair).toString("base64")}` };
  }
  const headers: Record<string, string> = {};
  for (const [name, secret] of Object.entries(credentials.headers)) {
    headers[name.toLowerCase()] = plain(await reveal(secret), secret);
  }
  return headers;
}

/** Reads the secrets again that come from files; whether one of them is another by now than the one refused. */
export async function replaceSecrets({ used }: SignedHeaders): Promise<boolean> {
  const replaced = await Promise.all([...used].map(async ([source, refused]) => source.replace(refused)));
  return replaced.includes(true);
}

/** Anything else would be refused by the HTTP client in words that repeat the header. */
function plain(text: string, secret: SecretLike): string {
  if (/^[\x21-\x7e]+$/.test(text)) return text;
  const where = secret instanceof SecretSource ? secret.setting : "the secret of the connector";
  const problem =
    text === "" ? "is empty" : "contains spaces or characters that cannot be sent; copy it again";
  throw new BatonError(Code.InvalidArgument, `${where} ${problem}`, { kind: "configuration" });
}
