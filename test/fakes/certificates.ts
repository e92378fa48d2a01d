import { generateKeyPairSync, type KeyObject, randomBytes, sign } from "node:crypto";
import {
  bitString,
  boolean,
  explicit,
  implicit,
  objectId,
  octetString,
  sequence,
  set,
  time,
  unsignedInteger,
  utf8String,
} from "#launch/der.ts";
import type { Credential } from "#wire/server-config.ts";
import { toPem } from "#wire/tls.ts";

const ED25519 = sequence(objectId("1.3.101.112"));
const COMMON_NAME = "2.5.4.3";
const SUBJECT_ALT_NAME = "2.5.29.17";
const BASIC_CONSTRAINTS = "2.5.29.19";
const EXTENDED_KEY_USAGE = "2.5.29.37";
const USES = { server: "1.3.6.1.5.5.7.3.1", client: "1.3.6.1.5.5.7.3.2" } as const;

const DAY_MS = 24 * 60 * 60_000;
const LOOPBACK = Buffer.of(127, 0, 0, 1);

const newPair = () => generateKeyPairSync("ed25519");

/** The tags of the kinds of alternative names, see RFC 5280 §4.2.1.6. */
const NAME_TAGS = { email: 1, DNS: 2, URI: 6, IP: 7 } as const;

/** Alternative names of a certificate: kind and value, which may be anything. */
export type AlternativeName = readonly [kind: "email" | "DNS" | "URI", value: string];

/** What a certificate says beside its subject. */
export interface Claims {
  /** Names beside 127.0.0.1. */
  readonly names?: readonly AlternativeName[];
  /** All if not given. */
  readonly uses?: readonly (keyof typeof USES)[];
  /** First and last day on which it is valid, counted from now; yesterday and tomorrow if not given. */
  readonly fromDay?: number;
  readonly toDay?: number;
}

/** An authority of somebody's own, whose certificates say what a test wants, faults included, unlike that of the program. */
export class Authority {
  readonly #keys = newPair();
  readonly #name: Buffer;
  readonly #certificate: Buffer;

  constructor(name = "authority") {
    this.#name = commonName(name);
    this.#certificate = this.#certify(this.#name, this.#keys.publicKey, [
      extension(BASIC_CONSTRAINTS, sequence(boolean(true))),
    ]);
  }

  /** For a server or a client at 127.0.0.1. Without a subject there are the names alone. */
  issue(subject?: string, claims: Claims = {}): Credential {
    const pair = newPair();
    const name = subject === undefined ? sequence() : commonName(subject);
    const extensions = [alternativeNames(claims.names ?? [], LOOPBACK)];
    if (claims.uses !== undefined) {
      const uses = claims.uses.map((use) => objectId(USES[use]));
      extensions.push(extension(EXTENDED_KEY_USAGE, sequence(...uses)));
    }
    const cert = this.#certify(name, pair.publicKey, extensions, claims);
    return { caCert: this.#certificate, cert, key: rawKey(pair) };
  }

  #certify(subject: Buffer, publicKey: KeyObject, extensions: readonly Buffer[], claims?: Claims): Buffer {
    return certify({ name: this.#name, key: this.#keys.privateKey }, subject, publicKey, extensions, claims);
  }
}

/** A certificate with its key, both PEM. */
export interface ServerCertificate {
  readonly key: string;
  readonly cert: string;
}

/** A certificate for `localhost` and `c1.example` that vouches for itself. */
export function createServerCertificate(): ServerCertificate {
  const pair = newPair();
  const name = commonName("localhost");
  const names = alternativeNames([
    ["DNS", "localhost"],
    ["DNS", "c1.example"],
  ]);
  const certificate = certify({ name, key: pair.privateKey }, name, pair.publicKey, [names]);
  const { cert, key } = toPem({ caCert: certificate, cert: certificate, key: rawKey(pair) });
  return { cert: cert.toString(), key: key.toString() };
}

/** A certificate (RFC 5280) in DER, signed by its issuer. */
function certify(
  issuer: { readonly name: Buffer; readonly key: KeyObject },
  subject: Buffer,
  publicKey: KeyObject,
  extensions: readonly Buffer[],
  { fromDay = -1, toDay = 1 }: Claims = {},
): Buffer {
  const now = Date.now();
  const body = sequence(
    explicit(0, unsignedInteger(Buffer.of(2))),
    unsignedInteger(randomBytes(16)),
    ED25519,
    issuer.name,
    sequence(time(now + fromDay * DAY_MS), time(now + toDay * DAY_MS)),
    subject,
    publicKey.export({ type: "spki", format: "der" }),
    explicit(3, sequence(...extensions)),
  );
  return sequence(body, ED25519, bitString(sign(null, body, issuer.key)));
}

/** Seed and point of an Ed25519 key, as hosts send it. */
function rawKey({ privateKey, publicKey }: ReturnType<typeof newPair>): Buffer {
  const seed = privateKey.export({ type: "pkcs8", format: "der" }).subarray(-32);
  const point = publicKey.export({ type: "spki", format: "der" }).subarray(-32);
  return Buffer.concat([seed, point]);
}

function alternativeNames(names: readonly AlternativeName[], address?: Buffer): Buffer {
  const all = names.map(([kind, value]) => implicit(NAME_TAGS[kind], Buffer.from(value, "latin1")));
  if (address !== undefined) all.unshift(implicit(NAME_TAGS.IP, address));
  return extension(SUBJECT_ALT_NAME, sequence(...all));
}

function commonName(name: string): Buffer {
  return sequence(set(sequence(objectId(COMMON_NAME), utf8String(name))));
}

function extension(id: string, value: Buffer): Buffer {
  return sequence(objectId(id), octetString(value));
}
