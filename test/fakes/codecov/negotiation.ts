import { STATUS_CODES } from "node:http";
import { type Answer, jsonBody, Refusal } from "./answer.ts";
import { indentJson } from "./indent.ts";
import { parsePythonInteger } from "./python.ts";
import type { ApiRequest } from "./request.ts";

/** How an answer is presented: as data, or as a page to look at in a browser. */
export interface Representation {
  readonly kind: "json" | "html";
  /** Blanks for each level of the JSON, up to 8; 0 for none, on one line. */
  readonly indent: number;
}

export const COMPACT_JSON: Representation = { kind: "json", indent: 0 };

/** The page indents by itself. */
const PAGE_INDENT = 4;
const MAX_INDENT = 8;

interface Renderer {
  readonly kind: Representation["kind"];
  readonly format: string;
  readonly mediaType: readonly [type: string, subtype: string];
}

const RENDERERS: readonly Renderer[] = [
  { kind: "json", format: "json", mediaType: ["application", "json"] },
  { kind: "html", format: "api", mediaType: ["text", "html"] },
];

/**
 * Chooses the representation. A format given in the address limits the choice, but the `Accept` header still
 * has to agree. Quality values do not count; more specific ranges come first.
 *
 * @throws Refusal 404 for an unknown format, 406 when nothing fits.
 */
export function chooseRepresentation(request: ApiRequest, formatSuffix?: string): Representation {
  const format = formatSuffix ?? request.lastParameter("format") ?? "";
  const renderers = RENDERERS.filter((renderer) => format === "" || renderer.format === format);
  if (renderers.length === 0) throw Refusal.detail(404, "Not found.");

  const ranges = (request.headers.accept ?? "*/*").split(",").map(readMediaRange);
  for (let specificity = 3; specificity >= 0; specificity--) {
    for (const { kind, mediaType } of renderers) {
      const fit = ranges.find((range) => range.specificity === specificity && range.includes(mediaType));
      if (fit !== undefined) return { kind, indent: fit.indent };
    }
  }
  throw Refusal.detail(406, "Could not satisfy the request Accept header.");
}

function readMediaRange(text: string): {
  specificity: number;
  indent: number;
  includes: (mediaType: readonly [string, string]) => boolean;
} {
  const [full = "", ...parameters] = text.split(";").map((part) => part.trim().toLowerCase());
  const [type = "", subtype = ""] = full.split("/");
  const isQualityOnly = parameters.every((parameter) => parameter.startsWith("q="));
  const specificity = type === "*" ? 0 : subtype === "*" ? 1 : isQualityOnly ? 2 : 3;
  return {
    specificity,
    indent: readIndent(parameters),
    includes: ([otherType, otherSubtype]) =>
      (type === "*" || type === otherType) && (subtype === "*" || subtype === otherSubtype),
  };
}

/** `Accept: application/json; indent=4`, also behind a range such as `*\/*`. */
function readIndent(parameters: readonly string[]): number {
  const text = parameters.findLast((parameter) => parameter.startsWith("indent="))?.slice("indent=".length);
  const indent = parsePythonInteger(text ?? "") ?? 0n;
  return Math.max(0, Math.min(MAX_INDENT, Number(indent)));
}

/** A view's answer in the chosen representation. `headers` are those besides content type and `Vary`. */
export function present(
  representation: Representation,
  title: string,
  status: number,
  headers: Readonly<Record<string, string>>,
  body: Buffer,
): Answer {
  const isHtml = representation.kind === "html";
  return {
    status,
    headers: {
      "content-type": isHtml ? "text/html; charset=utf-8" : "application/json",
      vary: "Accept, Cookie, origin",
      ...headers,
    },
    body: isHtml ? renderBrowsablePage(title, status, headers, body) : indented(body, representation.indent),
  };
}

/** The page shows the answer as it would have been as JSON, headers first. */
function renderBrowsablePage(
  title: string,
  status: number,
  headers: Readonly<Record<string, string>>,
  body: Buffer,
): Buffer {
  const lines = [`HTTP ${status} ${STATUS_CODES[status] ?? ""}`];
  if (headers["allow"] !== undefined) lines.push(`Allow: ${headers["allow"]}`);
  lines.push("Content-Type: application/json", "Vary: Accept");
  if (headers["www-authenticate"] !== undefined) {
    lines.push(`WWW-Authenticate: ${headers["www-authenticate"]}`);
  }
  const text = `${lines.join("\n")}\n\n${indented(body, PAGE_INDENT).toString("utf8")}`;
  return Buffer.from(
    `<!DOCTYPE html>\n<html>\n<head><title>${title} – Django REST framework</title></head>\n` +
      `<body><pre class="response-info">${escapeHtml(text)}</pre></body>\n</html>\n`,
  );
}

function indented(body: Buffer, indent: number): Buffer {
  return indent === 0 ? body : Buffer.from(indentJson(body.toString("utf8"), indent));
}

function escapeHtml(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}

/** What OPTIONS tells about a view. */
export function describeView(title: string): Buffer {
  return jsonBody({
    name: title,
    description: "",
    renders: ["application/json", "text/html"],
    parses: ["application/json", "application/x-www-form-urlencoded", "multipart/form-data"],
  });
}
