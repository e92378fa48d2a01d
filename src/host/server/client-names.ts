/**
 * Who a client is, by its certificate: the subject for the log, and the alternative names (RFC 5280 §4.2.1.6) by which
 * `serve` can be limited to some clients. Subjects decide nothing, since authorities check them less strictly.
 */

import type { X509Certificate } from "node:crypto";
import { isIP } from "node:net";

/** A name as Node and OpenSSL write it: kind, then value, as in `DNS:agent.example`. */
export interface ClientName {
  readonly kind: "DNS" | "URI" | "email";
  /** In the form in which two of the same kind are compared. */
  readonly value: string;
}

const PREFIXED = /^(DNS|URI|email):(.*)$/is;
const URI = /^[a-z][a-z0-9+.-]*:[^\s]+$/i;
const EMAIL = /^[^\s@:]+@[^\s@:]+$/;
const DNS = /^[a-z0-9_-]+(\.[a-z0-9_-]+)*$/i;

/** A name that may connect, as somebody writes it into a setting, with or without its kind; undefined if it is none. */
export function parseClientName(text: string): ClientName | undefined {
  const [, prefix = "", value = ""] = PREFIXED.exec(text) ?? [];
  switch (prefix.toLowerCase()) {
    case "dns":
      return isDns(value) ? toName("DNS", value) : undefined;
    case "uri":
      return URI.test(value) ? toName("URI", value) : undefined;
    case "email":
      return EMAIL.test(value) ? toName("email", value) : undefined;
    default:
      if (isDns(text)) return toName("DNS", text);
      if (EMAIL.test(text)) return toName("email", text);
      return isIP(text) === 0 && URI.test(text) ? toName("URI", text) : undefined;
  }
}

/** Whether a client with this certificate is among those who may connect. */
export function isAllowed(certificate: X509Certificate, allowed: readonly ClientName[]): boolean {
  const names = readClientNames(certificate.subjectAltName ?? "");
  return allowed.some(({ kind, value }) => names.some((name) => name.kind === kind && name.value === value));
}

/** The subject in one line, as in `CN=agent, O=Acme`; the alternative names where it is empty. */
export function describeClient({ subject, subjectAltName = "" }: X509Certificate): string {
  // Node gives undefined for an empty subject, and each part its own line; line breaks in a part are escaped.
  const parts: string | undefined = subject;
  return parts ? parts.replaceAll("\n", ", ") : subjectAltName;
}

/**
 * The names in Node's text form. A value that could be taken for the end of its entry, as it holds a comma or a quotation
 * mark, is written as a JSON string. Nothing is read from a text that is not made up like that.
 */
export function readClientNames(text: string): ClientName[] {
  const entry = /([^:,"]+):("(?:[^"\\]|\\.)*"|[^",]*)(?:, |$)/gy;
  const names: ClientName[] = [];
  let end = 0;
  for (const [whole, kind = "", written = ""] of text.matchAll(entry)) {
    end += whole.length;
    const value = written.startsWith('"') ? unquote(written) : written;
    if (value === undefined) return [];
    if (kind === "DNS" || kind === "URI" || kind === "email") names.push(toName(kind, value));
  }
  return end === text.length ? names : [];
}

function unquote(text: string): string | undefined {
  try {
    return String(JSON.parse(text));
  } catch {
    return undefined;
  }
}

/** The case of a host makes no difference; that of a user's name, and of a URI, can make one. */
function toName(kind: ClientName["kind"], value: string): ClientName {
  if (kind === "DNS") return { kind, value: value.toLowerCase() };
  if (kind === "URI") return { kind, value };
  return { kind, value: value.replace(/@[^@]*$/, (domain) => domain.toLowerCase()) };
}

function isDns(text: string): boolean {
  return DNS.test(text) && isIP(text) === 0;
}
