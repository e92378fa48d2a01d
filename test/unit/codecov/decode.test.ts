import { describe, expect, it } from "vitest";
import { rosterPageSchema } from "#codecov/api/schemas.ts";
import { decodeBody } from "#http/decode.ts";
import { Code } from "#kernel/errors.ts";

const endpoint = { upstream: "Codecov", name: "GET /users/" };
const row = { service: "github", username: "bob", name: null, email: "", activated: true, is_admin: false };
const page = { count: 1, next: null, previous: null, results: [row], total_pages: 1 };

function decode(body: string | Buffer) {
  const answer = { status: 200, headers: {}, body: Buffer.from(body), redact: (text: string) => text };
  return decodeBody(answer, rosterPageSchema, endpoint, "");
}

describe("an answer", () => {
  it("may say more than is asked of it", () => {
    const { results } = decode(JSON.stringify({ ...page, results: [{ ...row, student: true }] }));
    expect(results).toEqual([row]);
  });

  it.each([
    ["no count", { ...page, count: undefined }, "count"],
    ["a count below zero", { ...page, count: -1 }, "count"],
    ["rows that are no list", { ...page, results: { 0: row } }, "results"],
    ["a row that is null", { ...page, results: [null] }, "results.0"],
    [
      "a user name that is a number",
      { ...page, results: [row, { ...row, username: 7 }] },
      "results.1.username",
    ],
    ["a seat that is text", { ...page, results: [{ ...row, activated: "true" }] }, "results.0.activated"],
    ["no admin flag", { ...page, results: [{ ...row, is_admin: undefined }] }, "results.0.is_admin"],
    ["a service that is a path", { ...page, results: [{ ...row, service: "a/b" }] }, "results.0.service"],
  ])("is refused for %s, which the error names", (_, value, where) => {
    expect(() => decode(JSON.stringify(value))).toThrow(
      expect.objectContaining({
        code: Code.FailedPrecondition,
        message: expect.stringContaining(`(${where}: `),
      }),
    );
  });

  it("is refused for bytes that are no UTF-8, which could make two names one", () => {
    const broken = Buffer.from(JSON.stringify(page).replace("bob", "b_b"));
    broken[broken.indexOf("_")] = 0xff;
    expect(() => decode(broken)).toThrow(expect.objectContaining({ code: Code.Unavailable }));
  });
});
