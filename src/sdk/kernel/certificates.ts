import { X509Certificate } from "node:crypto";

const BLOCK = /-----BEGIN CERTIFICATE-----[\s\S]*?-----END CERTIFICATE-----/g;

/**
 * What keeps a text from being a list of certificates in PEM, as the end of a sentence that begins with its name;
 * undefined if nothing does. OpenSSL skips what it cannot read, without a word, and then trusts less than it was told.
 */
export function findPemProblem(text: string): string | undefined {
  const blocks = text.match(BLOCK);
  if (blocks === null) return "contains no PEM certificate";
  const broken = blocks.findIndex((block) => !isCertificate(block));
  return broken === -1 ? undefined : `contains an unreadable certificate (number ${broken + 1} in the file)`;
}

function isCertificate(block: string): boolean {
  try {
    return new X509Certificate(block).raw.length > 0;
  } catch {
    return false;
  }
}
