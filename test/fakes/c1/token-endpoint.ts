import { createPublicKey, generateKeyPairSync, type KeyObject, randomUUID, verify } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";

const ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
const LONGEST_LIFE_SECONDS = 300;

/** What the endpoint answers with instead of a token. */
export interface TokenFault {
  readonly status: number;
  readonly body?: string;
  /** How often; without an end if undefined. */
  times?: number;
}

/** The token endpoint of a fake C1. It believes nothing that it cannot check. */
export class TokenEndpoint {
  readonly clientId: string;
  clientSecret = "";
  /** Every assertion that came, decoded. */
  readonly assertions: { readonly header: unknown; readonly claims: unknown }[] = [];
  readonly userAgents: (string | undefined)[] = [];
  /** Seconds that a token is good for, as the answer says. */
  expiresIn: number | undefined = 3600;
  /** How far the clock of this side is ahead. */
  clockOffsetMs = 0;
  fault: TokenFault | undefined;
  readonly #audience: string;
  #publicKey: KeyObject | undefined;
  readonly #tokens = new Set<string>();

  constructor(host: string) {
    this.#audience = host;
    this.clientId = `gentle-otter-4711@${host}/spc`;
    this.rotate();
  }

  isValid(authorization: unknown): boolean {
    return typeof authorization === "string" && this.#tokens.has(authorization.replace(/^Bearer /, ""));
  }

  /** The tokens that were issued. */
  get tokens(): readonly string[] {
    return [...this.#tokens];
  }

  /** Gives the client another secret; the one before is not good any more. */
  rotate(): void {
    const { privateKey, publicKey } = generateKeyPairSync("ed25519");
    this.#publicKey = createPublicKey(publicKey.export({ type: "spki", format: "pem" }));
    const jwk = JSON.stringify(privateKey.export({ format: "jwk" }));
    this.clientSecret = `secret-token:conductorone.com:v1:${Buffer.from(jwk).toString("base64url")}`;
  }

  /** From now on no token that was issued so far is good. */
  revokeAll(): void {
    this.#tokens.clear();
  }

  async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(Buffer.from(chunk));
    this.userAgents.push(request.headers["user-agent"]);
    const answer = this.#answer(request, Buffer.concat(chunks).toString("utf8"));
    response.writeHead(answer.status, {
      "content-type": "application/json",
      date: new Date(this.#now()).toUTCString(),
    });
    response.end(answer.body);
  }

  #answer(request: IncomingMessage, body: string): { readonly status: number; readonly body: string } {
    const { fault } = this;
    if (fault !== undefined && (fault.times === undefined || fault.times > 0)) {
      if (fault.times !== undefined) fault.times -= 1;
      return { status: fault.status, body: fault.body ?? "" };
    }
    const problem = this.#findProblem(request, new URLSearchParams(body));
    if (problem !== undefined) return { status: 401, body: JSON.stringify({ error: problem }) };
    const token = randomUUID();
    this.#tokens.add(token);
    const answer = { access_token: token, token_type: "bearer", expires_in: this.expiresIn };
    return { status: 200, body: JSON.stringify(answer) };
  }

  #findProblem({ method, url, headers }: IncomingMessage, form: URLSearchParams): string | undefined {
    if (method !== "POST" || url !== "/auth/v1/token") return "wrong method or path";
    if (headers["content-type"] !== "application/x-www-form-urlencoded") return "wrong content type";
    const fields = ["client_assertion", "client_assertion_type", "client_id", "grant_type"];
    if ([...form.keys()].toSorted().join() !== fields.join()) return "wrong form fields";
    if (form.get("client_id") !== this.clientId) return "wrong client id";
    if (form.get("grant_type") !== "client_credentials") return "wrong grant type";
    if (form.get("client_assertion_type") !== ASSERTION_TYPE) return "wrong assertion type";
    return this.#findAssertionProblem(form.get("client_assertion") ?? "");
  }

  #findAssertionProblem(assertion: string): string | undefined {
    const [header = "", claims = "", signature = "", ...rest] = assertion.split(".");
    if (rest.length > 0) return "not a compact JWS";
    const signed = Buffer.from(`${header}.${claims}`);
    if (
      this.#publicKey === undefined ||
      !verify(null, signed, this.#publicKey, Buffer.from(signature, "base64url"))
    )
      return "wrong signature";
    const decode = (part: string) => JSON.parse(Buffer.from(part, "base64url").toString("utf8"));
    const [head, body] = [decode(header), decode(claims)];
    this.assertions.push({ header: head, claims: body });
    if (head.alg !== "EdDSA" || !/^[0-9a-f]{32}$/.test(head.nonce)) return "wrong header";
    if (body.iss !== this.clientId || body.sub !== this.clientId) return "wrong issuer or subject";
    if (body.aud !== this.#audience) return "wrong audience";
    const now = this.#now() / 1000;
    if (!(body.nbf <= now && now < body.exp)) return "not valid now";
    return body.exp - body.iat > LONGEST_LIFE_SECONDS ? "valid for too long" : undefined;
  }

  #now(): number {
    return Date.now() + this.clockOffsetMs;
  }
}
