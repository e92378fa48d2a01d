import { Refusal } from "./answer.ts";
import { parameterOf, readMultipartField } from "./multipart.ts";
import type { ApiRequest } from "./request.ts";

const REQUIRED = "This field is required.";
const NOT_NULL = "This field may not be null.";
const NOT_BOOLEAN = "Must be a valid boolean.";

const TRUE_TEXTS = ["t", "y", "yes", "true", "on", "1"];
const FALSE_TEXTS = ["f", "n", "no", "false", "off", "0"];

const TYPE_NAMES: Readonly<Record<string, string>> = { string: "str", boolean: "bool" };

/**
 * The value of `activated` in the body of a PATCH. JSON has to have it; in a form that lacks it, it is false, as
 * an unticked box would be.
 *
 * @throws Refusal 400 or 415, in one of the shapes that the server has for them.
 */
export function readActivated({ headers, body }: ApiRequest): boolean {
  const contentType = headers["content-type"] ?? "";
  const mediaType = contentType.split(";")[0]?.trim().toLowerCase() ?? "";
  const isMultipart = mediaType === "multipart/form-data";
  const isForm = isMultipart || mediaType === "application/x-www-form-urlencoded";
  if (body.length === 0) {
    if (isForm) return false;
    throw fieldError(REQUIRED);
  }
  if (isMultipart) return readMultipart(contentType, body);
  if (isForm) return readForm(body);
  if (mediaType !== "application/json") {
    throw Refusal.detail(415, `Unsupported media type "${contentType}" in request.`);
  }
  return readJson(body);
}

function readForm(body: Buffer): boolean {
  const value = new URLSearchParams(body.toString("utf8")).getAll("activated").at(-1);
  return value === undefined ? false : readBoolean(value);
}

function readMultipart(contentType: string, body: Buffer): boolean {
  const boundary = parameterOf(contentType, "boundary");
  if (boundary === undefined || !/^[ -~]{0,200}[!-~]$/.test(boundary)) {
    const shown = boundary ?? "None";
    throw Refusal.detail(400, `Multipart form parse error - Invalid boundary in multipart: ${shown}`);
  }
  const value = readMultipartField(body, boundary, "activated");
  if (value === "file") throw fieldError(NOT_BOOLEAN);
  return value === undefined ? false : readBoolean(value.text);
}

function readJson(body: Buffer): boolean {
  const value = parseJson(body);
  if (value === null) throw nonFieldError("No data provided");
  if (typeof value !== "object" || Array.isArray(value)) {
    throw nonFieldError(`Invalid data. Expected a dictionary, but got ${pythonTypeName(value)}.`);
  }
  const activated: unknown = Reflect.get(value, "activated");
  if (activated === undefined) throw fieldError(REQUIRED);
  if (activated === null) throw fieldError(NOT_NULL);
  return readBoolean(activated);
}

/** The text after the dash is that of the server's JSON library; ours is another one. */
function parseJson(body: Buffer): unknown {
  try {
    const text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(body);
    return JSON.parse(text);
  } catch (error) {
    throw Refusal.detail(400, `JSON parse error - ${error instanceof Error ? error.message : String(error)}`);
  }
}

function readBoolean(value: unknown): boolean {
  const text = typeof value === "string" || typeof value === "number" ? String(value).toLowerCase() : value;
  if (text === true || (typeof text === "string" && TRUE_TEXTS.includes(text))) return true;
  if (text === false || (typeof text === "string" && FALSE_TEXTS.includes(text))) return false;
  throw fieldError(NOT_BOOLEAN);
}

function pythonTypeName(value: unknown): string {
  if (Array.isArray(value)) return "list";
  if (typeof value === "number") return Number.isInteger(value) ? "int" : "float";
  return TYPE_NAMES[typeof value] ?? typeof value;
}

function fieldError(text: string): Refusal {
  return new Refusal(400, { activated: [text] });
}

function nonFieldError(text: string): Refusal {
  return new Refusal(400, { non_field_errors: [text] });
}
