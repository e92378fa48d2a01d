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

const ED25519 = sequence(objectId("1.3.101.112"));
const COMMON_NAME = "2.5.4.3";
const SUBJECT_ALT_NAME = "2.5.29.17";
const BASIC_CONSTRAINTS = "2.5.29.19";

const HOUR_MS = 60 * 60_000;
const LOOPBACK = Buffer.of(127, 0, 0, 1);

/** The tags of the kinds of alternative names, see RFC 5280 §4.2.1.6. */
const NAME_TAGS = { email: 1, DNS: 2, URI: 6, IP: 7 } as const;

/** Alternative names of a certificate: kind and value, which may be anything. */
export type AlternativeName = readonly [kind: "email" | "DNS" | "URI", value: string];

/** An authority of somebody's own, whose certificates name whom a test wants. */
export class Authority {
  readonly #pair = generateKeyPairSync("ed25519");
  readonly #name: Buffer;
  readonly #certificate: Buffer;

  constructor(name: string) {
    this.#name = commonName(name);
    const constraint = sequence(objectId(BASIC_CONSTRAINTS), octetString(sequence(boolean(true))));
    this.#certificate = this.#sign(this.#name, this.#pair.publicKey, [constraint]);
  }

  /** For a server or a client at 127.0.0.1. Without a subject there are the names alone. */
  issue(subject: string | undefined, names: readonly AlternativeName[] = []): Credential {
    const pair = generateKeyPairSync("ed25519");
    const all = [
      implicit(NAME_TAGS.IP, LOOPBACK),
      ...names.map(([kind, value]) => implicit(NAME_TAGS[kind], Buffer.from(value, "latin1"))),
    ];
    const extension = sequence(objectId(SUBJECT_ALT_NAME), octetString(sequence(...all)));
    const name = subject === undefined ? sequence() : commonName(subject);
    const seed = pair.privateKey.export({ type: "pkcs8", format: "der" }).subarray(-32);
    const point = pair.publicKey.export({ type: "spki", format: "der" }).subarray(-32);
    return {
      caCert: this.#certificate,
      cert: this.#sign(name, pair.publicKey, [extension]),
      key: Buffer.concat([seed, point]),
    };
  }

  #sign(subject: Buffer, publicKey: KeyObject, extensions: readonly Buffer[]): Buffer {
    const now = Date.now();
    const body = sequence(
      explicit(0, unsignedInteger(Buffer.of(2))),
      unsignedInteger(randomBytes(16)),
      ED25519,
      this.#name,
      sequence(time(now - HOUR_MS), time(now + HOUR_MS)),
      subject,
      publicKey.export({ type: "spki", format: "der" }),
      explicit(3, sequence(...extensions)),
    );
    return sequence(body, ED25519, bitString(sign(null, body, this.#pair.privateKey)));
  }
}

function commonName(name: string): Buffer {
  return sequence(set(sequence(objectId(COMMON_NAME), utf8String(name))));
}
