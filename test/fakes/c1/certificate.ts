import { generateKeyPairSync, sign } from "node:crypto";
import {
  bitString,
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

const ED25519 = "1.3.101.112";
const COMMON_NAME = "2.5.4.3";
const SUBJECT_ALT_NAME = "2.5.29.17";
const DNS_NAME = 2;
const DAY_MS = 24 * 60 * 60_000;

export interface ServerCertificate {
  /** PEM. */
  readonly key: string;
  readonly cert: string;
}

/** A certificate for `localhost` and `c1.example` that vouches for itself. */
export function createServerCertificate(): ServerCertificate {
  const { publicKey, privateKey } = generateKeyPairSync("ed25519");
  const name = sequence(set(sequence(objectId(COMMON_NAME), utf8String("localhost"))));
  const algorithm = sequence(objectId(ED25519));
  const alternatives = sequence(
    ...["localhost", "c1.example"].map((host) => implicit(DNS_NAME, Buffer.from(host))),
  );
  const body = sequence(
    explicit(0, unsignedInteger(Buffer.of(2))),
    unsignedInteger(Buffer.of(1)),
    algorithm,
    name,
    sequence(time(Date.now() - DAY_MS), time(Date.now() + DAY_MS)),
    name,
    publicKey.export({ type: "spki", format: "der" }),
    explicit(3, sequence(sequence(objectId(SUBJECT_ALT_NAME), octetString(alternatives)))),
  );
  const der = sequence(body, algorithm, bitString(sign(null, body, privateKey)));
  const lines = der.toString("base64").match(/.{1,64}/g) ?? [];
  return {
    key: privateKey.export({ type: "pkcs8", format: "pem" }).toString(),
    cert: `-----BEGIN CERTIFICATE-----\n${lines.join("\n")}\n-----END CERTIFICATE-----\n`,
  };
}
