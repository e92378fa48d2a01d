import { generateKeyPairSync, type KeyObject, randomBytes, sign } from "node:crypto";
import type { Credential } from "#wire/server-config.ts";
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
} from "./der.ts";

/** What the two ends of the host-connector connection show each other. Lives in memory only. */
export interface LocalCredentials {
  /** For the connector, which serves. */
  readonly server: Credential;
  /** For the host, which dials. */
  readonly client: Credential;
}

const Oid = {
  ed25519: "1.3.101.112",
  commonName: "2.5.4.3",
  keyUsage: "2.5.29.15",
  subjectAltName: "2.5.29.17",
  basicConstraints: "2.5.29.19",
  extendedKeyUsage: "2.5.29.37",
  serverAuth: "1.3.6.1.5.5.7.3.1",
  clientAuth: "1.3.6.1.5.5.7.3.2",
} as const;

/** Bits of the KeyUsage extension, the first bit being the most significant (RFC 5280 §4.2.1.3). */
const KeyUsage = { digitalSignature: 0x80, certSign: 0x04 } as const;

const IP_ADDRESS_NAME = 7;
const LOOPBACK_V4 = Buffer.of(127, 0, 0, 1);
const LOOPBACK_V6 = Buffer.from("00000000000000000000000000000001", "hex");

const MINUTE_MS = 60_000;
const YEAR_MS = 365 * 24 * 60 * MINUTE_MS;

/** A clock that is set back a little after the start must not make the certificates invalid. */
const BACKDATE_MS = 10 * MINUTE_MS;

/**
 * Makes a certificate authority for this process alone and one leaf for each end, all Ed25519 and valid for
 * a year. The authority's private key is dropped before this function returns, so nobody, this process
 * included, can issue a third leaf. Names, key form and extensions are those that the Go host of baton-sdk
 * v0.25.0 hands to its connectors.
 */
export function createLocalCredentials(now: number): LocalCredentials {
  const authority = generateKeyPairSync("ed25519");
  const caName = commonName("c1-connector-ca");
  const validity = sequence(time(now - BACKDATE_MS), time(now + YEAR_MS));
  const issue = (subject: Buffer, publicKey: KeyObject, extensions: readonly Buffer[]): Buffer =>
    signCertificate(
      sequence(
        explicit(0, unsignedInteger(Buffer.of(2))),
        unsignedInteger(randomBytes(16)),
        sequence(objectId(Oid.ed25519)),
        caName,
        validity,
        subject,
        publicKey.export({ type: "spki", format: "der" }),
        explicit(3, sequence(...extensions)),
      ),
      authority.privateKey,
    );

  const caCert = issue(caName, authority.publicKey, [
    extension(Oid.basicConstraints, sequence(boolean(true)), true),
    keyUsage(KeyUsage.certSign | KeyUsage.digitalSignature, 2),
    extendedKeyUsage(),
  ]);
  const leaf = (name: string): Credential => {
    const pair = generateKeyPairSync("ed25519");
    const cert = issue(commonName(name), pair.publicKey, [
      keyUsage(KeyUsage.digitalSignature, 7),
      extendedKeyUsage(),
      extension(
        Oid.subjectAltName,
        sequence(implicit(IP_ADDRESS_NAME, LOOPBACK_V4), implicit(IP_ADDRESS_NAME, LOOPBACK_V6)),
        false,
      ),
    ]);
    return { caCert, cert, key: rawPrivateKey(pair.privateKey, pair.publicKey) };
  };
  return { server: leaf("c1-connector-server"), client: leaf("c1-connector-client") };
}

function signCertificate(body: Buffer, key: KeyObject): Buffer {
  return sequence(body, sequence(objectId(Oid.ed25519)), bitString(sign(null, body, key)));
}

function commonName(name: string): Buffer {
  return sequence(set(sequence(objectId(Oid.commonName), utf8String(name))));
}

function extension(id: string, value: Buffer, critical: boolean): Buffer {
  return critical
    ? sequence(objectId(id), boolean(true), octetString(value))
    : sequence(objectId(id), octetString(value));
}

/** DER drops trailing zero bits, so the caller says how many of the byte's eight are unused. */
function keyUsage(bits: number, unusedBits: number): Buffer {
  return extension(Oid.keyUsage, bitString(Buffer.of(bits), unusedBits), true);
}

function extendedKeyUsage(): Buffer {
  const uses = sequence(objectId(Oid.serverAuth), objectId(Oid.clientAuth));
  return extension(Oid.extendedKeyUsage, uses, false);
}

/** The form Go uses: 32 bytes of seed followed by 32 bytes of public key, the tails of the two DER exports. */
function rawPrivateKey(privateKey: KeyObject, publicKey: KeyObject): Buffer {
  const seed = privateKey.export({ type: "pkcs8", format: "der" }).subarray(-32);
  const point = publicKey.export({ type: "spki", format: "der" }).subarray(-32);
  return Buffer.concat([seed, point]);
}
