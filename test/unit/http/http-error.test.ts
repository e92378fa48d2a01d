import { describe, expect, it } from "vitest";
import { readErrorText } from "#http/error-text.ts";
import { networkError, statusError } from "#http/http-error.ts";
import { Code, codeName } from "#kernel/errors.ts";

const keep = (text: string) => text;
const endpoint = { upstream: "Acme", name: "GET /users/" };

function statusOf(status: number, body = "", headers = {}) {
  return statusError(endpoint, { status, headers, body: Buffer.from(body), redact: keep }, 1_000);
}

describe("the code of an answer", () => {
  it.each([
    [400, "InvalidArgument"],
    [401, "Unauthenticated"],
    [403, "PermissionDenied"],
    [404, "NotFound"],
    [405, "InvalidArgument"],
    [408, "DeadlineExceeded"],
    [409, "AlreadyExists"],
    [422, "InvalidArgument"],
    [429, "Unavailable"],
    [500, "Unavailable"],
    [501, "Unimplemented"],
    [502, "Unavailable"],
    [503, "Unavailable"],
    [504, "Unavailable"],
    [520, "Unavailable"],
    [204, "Unknown"],
    [600, "Unavailable"],
  ])("%i is %s", (status, name) => {
    expect(codeName(statusOf(status).code)).toBe(name);
  });

  it("comes with endpoint, status and what was said", () => {
    expect(statusOf(401, '{"detail":"Invalid token."}').message).toMatch(
      /Acme.*401 Unauthorized.*GET \/users\/.*Invalid token\./,
    );
  });

  it("comes with the quota", () => {
    expect(statusOf(429, "", { "retry-after": "5" }).rateLimit).toEqual({ remaining: 0, resetAt: 6_000 });
    expect(statusOf(503, "", { "retry-after": "5" }).rateLimit).toEqual({ resetAt: 6_000 });
  });
});

describe("what an error body says", () => {
  it.each([
    ['{"detail":"No Owner matches the given query."}', "No Owner matches the given query."],
    ['{"error": "Server Error (500)"}', "Server Error (500)"],
    ['{"activated":["This field is required."]}', "activated: This field is required."],
    ['{"non_field_errors":["Invalid data."]}', "Invalid data."],
    ['["Null characters are not allowed."]', "Null characters are not allowed."],
    ['{"status": 429, "detail": "Throttled"}', "Throttled"],
    [
      "<!doctype html><html><head><title>502 Bad\nGateway</title></head></html>",
      'an HTML page titled "502 Bad Gateway"',
    ],
    ["<html><body>no title</body></html>", "an HTML page"],
    ["plain  text\u0007\n", "plain text"],
    ['{"detail": {"a": null}}', "a:"],
    ["", ""],
    ["\ufeff", ""],
  ])("%j is read as %j", (body, text) => {
    expect(readErrorText(Buffer.from(body), keep)).toBe(text);
  });

  it("is cut to a length that fits into a message", () => {
    expect(readErrorText(Buffer.from("x".repeat(100_000)), keep).length).toBeLessThan(310);
  });
});

describe("the code of a network fault", () => {
  const fault = (code: string) => Object.assign(new Error("low-level text"), { code });

  it.each([
    ["ECONNREFUSED", Code.Unavailable],
    ["ECONNRESET", Code.Unavailable],
    ["EPIPE", Code.Unavailable],
    ["EHOSTUNREACH", Code.Unavailable],
    ["EAI_AGAIN", Code.Unavailable],
    ["UND_ERR_SOCKET", Code.Unavailable],
    ["HPE_INVALID_EOF_STATE", Code.Unavailable],
    ["HPE_INVALID_HEADER_TOKEN", Code.FailedPrecondition],
    ["UND_ERR_HEADERS_OVERFLOW", Code.FailedPrecondition],
    ["ESOMETHINGNEW", Code.FailedPrecondition],
    ["ETIMEDOUT", Code.DeadlineExceeded],
    ["UND_ERR_CONNECT_TIMEOUT", Code.DeadlineExceeded],
    ["UND_ERR_HEADERS_TIMEOUT", Code.DeadlineExceeded],
    ["ENOTFOUND", Code.InvalidArgument],
    ["CERT_HAS_EXPIRED", Code.FailedPrecondition],
    ["ERR_TLS_CERT_ALTNAME_INVALID", Code.FailedPrecondition],
    ["ERR_SSL_WRONG_VERSION_NUMBER", Code.FailedPrecondition],
  ])("%s", (code, expected) => {
    const error = networkError(endpoint, "acme.example", fault(code));
    expect(error.code).toBe(expected);
    expect(error.message).toContain("GET /users/ at acme.example");
  });

  it("is that of the cause, or of the first of several attempts", () => {
    const wrapped = new Error("outer", { cause: fault("ENOTFOUND") });
    expect(networkError(endpoint, "h", wrapped).code).toBe(Code.InvalidArgument);
    const several = new AggregateError([fault("ETIMEDOUT"), fault("ECONNREFUSED")]);
    expect(networkError(endpoint, "h", several).code).toBe(Code.DeadlineExceeded);
    const oneMayPass = new AggregateError([fault("EACCES"), fault("ECONNREFUSED")]);
    expect(networkError(endpoint, "h", oneMayPass).code).toBe(Code.Unavailable);
  });

  it("is told with what was asked, where that is not the host: a proxy, or its name", () => {
    const refused = Object.assign(fault("ECONNREFUSED"), { address: "::1", port: 3128 });
    expect(networkError(endpoint, "acme.example", refused).message).toContain("refused by [::1]:3128; ");
    expect(networkError(endpoint, "[::1]:3128", refused).message).toContain("refused; ");
    const unknown = Object.assign(fault("ENOTFOUND"), { hostname: "proxy.example" });
    expect(networkError(endpoint, "acme.example", unknown).message).toContain("proxy.example;");
  });

  it("can come of anything thrown", () => {
    expect(networkError(endpoint, "h", "text").code).toBe(Code.FailedPrecondition);
  });
});
