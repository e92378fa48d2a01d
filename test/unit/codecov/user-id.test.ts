import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Member } from "#codecov/api/schemas.ts";
import type { RosterRow } from "#codecov/roster/roster-row.ts";
import { userIdOf, userNameIn } from "#codecov/roster/user-id.ts";

function row(texts: Partial<Member>, ordinal = 0): RosterRow {
  return {
    member: {
      service: "github",
      username: null,
      name: null,
      email: null,
      activated: true,
      is_admin: false,
      ...texts,
    },
    ordinal,
  };
}

describe("the id of a user", () => {
  it("is the user name as Codecov stores it", () => {
    expect(userIdOf(row({ username: "CamelCase" }), "github")).toBe("CamelCase");
    expect(userIdOf(row({ username: "first.last" }), "github")).toBe("first.last");
  });

  it("names the service if that is not the organization's", () => {
    expect(userIdOf(row({ username: "bob", service: "gitlab" }), "github")).toBe("~gitlab~bob");
  });

  it("never changes for a member without a user name whose service, name and e-mail stay", () => {
    expect(userIdOf(row({ name: "Former Name", email: "former@acme.example" }, 1), "github")).toBe(
      "~no-username~github~8bb99d41ba8569c8d7e8f41f7b2d8a92",
    );
    expect(userIdOf(row({}, 3), "github")).toMatch(/^~no-username~github~[0-9a-f]{32}~3$/);
  });

  it("takes an empty text for none", () => {
    expect(userIdOf(row({ username: "", name: "", email: null }, 1), "github")).toBe(
      userIdOf(row({}, 1), "github"),
    );
  });

  it("depends on neither seat nor admin flag", () => {
    expect(userIdOf(row({ activated: false, is_admin: true }, 1), "github")).toBe(
      userIdOf(row({}, 1), "github"),
    );
  });

  const text = fc.oneof(
    fc.constantFrom(
      null,
      "bob",
      "Bob",
      "/bob",
      "~bob",
      "~~bob",
      "~/bob",
      "~gitlab~bob",
      "~no-username~github~x",
      "no-username~github~x",
      "//bob",
      "/gitlab/bob",
      "/no-username/github/x",
      "no-username/github/x",
    ),
    fc.string({ unit: fc.constantFrom("~", "/", "a", "n", "o", "-", "github", "no-username") }),
  );
  const anyRow = fc
    .record({
      service: fc.constantFrom("github", "gitlab", "to_be_deleted"),
      username: text,
      name: fc.constantFrom(null, "N", "M"),
      email: fc.constantFrom(null, "e@x.example"),
    })
    .chain((texts) => {
      const isNamed = texts.username !== null && texts.username !== "";
      return (isNamed ? fc.constant(0) : fc.integer({ min: 1, max: 12 })).map((ordinal) =>
        row(texts, ordinal),
      );
    });
  it("is never shared by two different rows", () => {
    fc.assert(
      fc.property(anyRow, anyRow, (a, b) => {
        const same = identityOf(a) === identityOf(b);
        expect(userIdOf(a, "github") === userIdOf(b, "github")).toBe(same);
      }),
      { numRuns: 5_000 },
    );
  });

  it("gives the user name back, and never begins with a slash", () => {
    fc.assert(
      fc.property(anyRow, (some) => {
        const id = userIdOf(some, "github");
        expect(userNameIn(id)).toBe(some.member.username || undefined);
        expect(id).toMatch(/^[^/]/);
      }),
      { numRuns: 5_000 },
    );
  });
});

/** Who a row is about: names are unique per service, rows without one go by what else they say and their number. */
function identityOf({ member: { service, username, name, email }, ordinal }: RosterRow): string {
  return JSON.stringify(username ? [service, username] : [service, name, email, ordinal]);
}
