import type { Dispatcher } from "undici";
import { readBody } from "#http/body.ts";
import { networkError } from "#http/http-error.ts";
import { LONGEST_PAUSE_MS } from "#kernel/announced.ts";
import type { Clock } from "#kernel/clock.ts";
import { BatonError, Code, toBatonError } from "#kernel/errors.ts";
import type { Logger } from "#kernel/logger.ts";
import { type Redactor, Secret } from "#kernel/secret.ts";
import { raceAbort } from "#kernel/waiting.ts";
import { SDK_VERSION } from "#model/sdk-version.ts";
import { signAssertion } from "./assertion.ts";
import type { ClientId } from "./c1-credentials.ts";
import type { ClientKey } from "./client-key.ts";

export interface C1TokensOptions {
  readonly clientId: ClientId;
  readonly key: ClientKey;
  /** Scheme, host and port of the token endpoint. */
  readonly origin: string;
  readonly dispatcher: Dispatcher;
  /** Upper bound for one request, in milliseconds. */
  readonly timeoutMs: number;
  readonly clock: Clock;
  readonly log: Logger;
  readonly redactor: Redactor;
}

/** An access token as it goes into a request. */
export interface AccessToken {
  readonly authorization: string;
  /** On the monotonic clock, in milliseconds. */
  readonly freshUntil: number;
  /** The token alone. */
  readonly secret: Secret;
}

const TOKEN_PATH = "/auth/v1/token";
const USER_AGENT = `baton-c1-credential-provider baton-sdk/${SDK_VERSION}`;
const ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/** A token that expires on its way is of no use. */
const EXPIRY_MARGIN_MS = 10_000;
const HEADERS_TIMEOUT_MS = 60_000;
const MAX_ANSWER_BYTES = 64 * 1024;

/** Smaller differences are those of the network. `Date` has whole seconds. */
const SKEW_MS = 30_000;

const MINUTE_MS = 60_000;

/** Gets access tokens for C1 and keeps each until shortly before it expires. One request at a time. */
export class C1Tokens {
  readonly #options: C1TokensOptions;
  #token: AccessToken | undefined;
  /** The token that was issued last, also after it was dropped. */
  #redacted: Secret | undefined;
  #pending: Promise<AccessToken> | undefined;
  /** How far the server's clock is ahead of ours, in milliseconds; known once it has refused an assertion. */
  #skewMs = 0;

  constructor(options: C1TokensOptions) {
    this.#options = options;
  }

  /**
   * A token that is good for now. The request continues for others if `signal` ends the wait.
   *
   * @throws BatonError Unavailable if the endpoint cannot answer for now, Unauthenticated if it refuses.
   */
  async get(signal: AbortSignal): Promise<AccessToken> {
    if (this.#token !== undefined && this.#options.clock.monotonic() < this.#token.freshUntil) {
      return this.#token;
    }
    this.#pending ??= this.#renew().finally(() => {
      this.#pending = undefined;
    });
    return await raceAbort(this.#pending, signal);
  }

  /** Forgets a token that C1 refused, so that the next call gets a new one. */
  drop(token: AccessToken): void {
    if (this.#token === token) this.#token = undefined;
  }

  async #renew(): Promise<AccessToken> {
    const { redactor } = this.#options;
    const token = await this.#fetchWithNewestKey();
    redactor.register(token.secret);
    if (this.#redacted !== undefined) redactor.forget(this.#redacted);
    this.#redacted = token.secret;
    this.#token = token;
    return token;
  }

  /** A secret that was rotated in C1 is refused; its file may hold the new one by now. */
  async #fetchWithNewestKey(): Promise<AccessToken> {
    try {
      return await this.#fetchCorrectingSkew();
    } catch (error) {
      const { key, log } = this.#options;
      if (!(error instanceof RefusedError) || !(await key.replace())) throw error;
      log.info("C1 rejected the client secret; its file now contains a new one");
      return await this.#fetchCorrectingSkew();
    }
  }

  /** A clock that is wrong by more than the tolerance of an assertion is corrected by what the server says. */
  async #fetchCorrectingSkew(): Promise<AccessToken> {
    try {
      return await this.#fetch();
    } catch (error) {
      if (!(error instanceof RefusedError) || Math.abs(error.skewMs - this.#skewMs) < SKEW_MS) throw error;
      this.#skewMs = error.skewMs;
      this.#options.log.warn(
        `C1 refused to issue a token, and ${describeSkew(error.skewMs)}; retrying with the time of C1. Correct the clock of this machine`,
        { error },
      );
      return await this.#fetch();
    }
  }

  async #fetch(): Promise<AccessToken> {
    const { clientId, key, origin, dispatcher, timeoutMs, clock, redactor } = this.#options;
    const assertion = new Secret(signAssertion(clientId, await key.get(), clock.now() + this.#skewMs));
    const form = new URLSearchParams({
      client_id: clientId.text,
      grant_type: "client_credentials",
      client_assertion_type: ASSERTION_TYPE,
      client_assertion: assertion.reveal(),
    });
    const askedAt = clock.monotonic();
    redactor.register(assertion);
    try {
      const response = await dispatcher.request({
        origin,
        path: TOKEN_PATH,
        method: "POST",
        headers: { "content-type": "application/x-www-form-urlencoded", "user-agent": USER_AGENT },
        body: form.toString(),
        headersTimeout: Math.min(HEADERS_TIMEOUT_MS, timeoutMs),
        signal: AbortSignal.timeout(timeoutMs),
      });
      const text = await readText(response.body);
      if (response.statusCode !== 200) throw this.#refusal(response.statusCode, response.headers["date"]);
      return readToken(text, askedAt);
    } catch (error) {
      if (error instanceof BatonError) throw error;
      const fault = networkError({ upstream: "C1", name: `POST ${TOKEN_PATH}` }, new URL(origin).host, error);
      // What passes, and a name that is not known yet, is waited for; a certificate that is not trusted is not.
      if (fault.code === Code.FailedPrecondition) throw fault;
      const reason = toBatonError(error).message;
      throw new BatonError(Code.Unavailable, `the token endpoint ${origin} cannot be reached: ${reason}`, {
        cause: error,
      });
    } finally {
      redactor.forget(assertion);
    }
  }

  #refusal(status: number, date: unknown): BatonError {
    const { origin, clock, clientId } = this.#options;
    if (status >= 500 || status === 408 || status === 429) {
      return new BatonError(Code.Unavailable, `the token endpoint ${origin} returned HTTP ${status}`);
    }
    const serverTime = typeof date === "string" ? Date.parse(date) : Number.NaN;
    const skewMs = Number.isNaN(serverTime) ? 0 : serverTime - clock.now();
    const hint = Math.abs(skewMs) < SKEW_MS ? "" : `; also, ${describeSkew(skewMs)}`;
    return new RefusedError(
      `C1 does not accept the client id ${clientId.text} with this client secret (HTTP ${status} from ${origin}); check both, or create new ones in C1${hint}`,
      skewMs,
    );
  }
}

/** The endpoint answered, and does not want us. */
class RefusedError extends BatonError {
  readonly skewMs: number;

  constructor(message: string, skewMs: number) {
    super(Code.Unauthenticated, message);
    this.skewMs = skewMs;
  }
}

function describeSkew(skewMs: number): string {
  const minutes = Math.round(Math.abs(skewMs) / MINUTE_MS);
  const amount = minutes === 0 ? `${Math.round(Math.abs(skewMs) / 1000)} s` : `${minutes} min`;
  return `the clock of this machine is ${amount} ${skewMs > 0 ? "behind" : "ahead of"} that of C1`;
}

function readToken(text: string, askedAt: number): AccessToken {
  const answer = parseObject(text);
  const value = answer["access_token"];
  if (typeof value !== "string" || value === "") {
    throw new BatonError(Code.Unauthenticated, "the token endpoint of C1 returned no token");
  }
  const type = typeof answer["token_type"] === "string" ? answer["token_type"] : "";
  const seconds = typeof answer["expires_in"] === "number" ? answer["expires_in"] : 0;
  return {
    authorization: `${/^(bearer)?$/i.test(type) ? "Bearer" : type} ${value}`,
    freshUntil: askedAt + Math.min(seconds * 1000, LONGEST_PAUSE_MS) - EXPIRY_MARGIN_MS,
    secret: new Secret(value),
  };
}

function parseObject(text: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === "object" && value !== null) return Object.fromEntries(Object.entries(value));
  } catch {
    // Said below.
  }
  throw new BatonError(
    Code.Unavailable,
    "the token endpoint of C1 returned something other than JSON; the response may come from a proxy",
  );
}

async function readText(body: AsyncIterable<Uint8Array>): Promise<string> {
  const bytes = await readBody(body, MAX_ANSWER_BYTES);
  if (bytes !== undefined) return Buffer.from(bytes).toString("utf8");
  throw new BatonError(Code.Unavailable, "the response of the token endpoint of C1 is too long");
}
