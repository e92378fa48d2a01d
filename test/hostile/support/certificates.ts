import { generateKeyPairSync, randomBytes, sign } from "node:crypto";
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
const USES = { server: "1.3.6.1.5.5.7.3.1", client: "1.3.6.1.5.5.7.3.2" } as const;
const DAY_MS = 24 * 60 * 60_000;

/** What a certificate says; days count from now. */
export interface Claims {
  readonly fromDay?: number;
  readonly toDay?: number;
  readonly uses?: readonly (keyof typeof USES)[];
}

/** A certificate authority that issues what a test wants, faults included, unlike that of the program. */
export class Authority {
  readonly #keys = generateKeyPairSync("ed25519");
  readonly #cert = this.#sign(
    "authority",
    this.#keys.publicKey.export({ type: "spki", format: "der" }),
    {},
    true,
  );

  /** A certificate for 127.0.0.1, valid and for both uses if nothing else is claimed. */
  issue(claims: Claims = {}): Credential {
    const { publicKey, privateKey } = generateKeyPairSync("ed25519");
    const spki = publicKey.export({ type: "spki", format: "der" });
    const seed = privateKey.export({ type: "pkcs8", format: "der" }).subarray(-32);
    const key = Buffer.concat([seed, spki.subarray(-32)]);
    return { caCert: this.#cert, cert: this.#sign("leaf", spki, claims, false), key };
  }

  #sign(name: string, spki: Uint8Array, claims: Claims, isAuthority: boolean): Buffer {
    const { fromDay = -1, toDay = 1, uses = ["server", "client"] } = claims;
    const now = Date.now();
    const body = sequence(
      explicit(0, unsignedInteger(Buffer.of(2))),
      unsignedInteger(randomBytes(16)),
      ED25519,
      commonName("authority"),
      sequence(time(now + fromDay * DAY_MS), time(now + toDay * DAY_MS)),
      commonName(name),
      spki,
      explicit(
        3,
        sequence(
          ...(isAuthority ? [extension("2.5.29.19", sequence(boolean(true)))] : []),
          extension("2.5.29.37", sequence(...uses.map((use) => objectId(USES[use])))),
          extension("2.5.29.17", sequence(implicit(7, Buffer.of(127, 0, 0, 1)))),
        ),
      ),
    );
    return sequence(body, ED25519, bitString(sign(null, body, this.#keys.privateKey)));
  }
}

function commonName(name: string): Buffer {
  return sequence(set(sequence(objectId("2.5.4.3"), utf8String(name))));
}

function extension(id: string, value: Buffer): Buffer {
  return sequence(objectId(id), octetString(value));
}
