import { expect, test } from "vitest";
import { allowsTicketing } from "#cli/load-settings.ts";

const settings = (env: Record<string, string>) => ({ sources: { flags: [], env, file: new Map() } });

// A connector process answered "ticketing is not enabled" where a Go connector says that it has no tickets.
test.each([
  "BATON_TICKETING",
  "BATON_CREATE_TICKET",
  "BATON_BULK_CREATE_TICKET",
  "BATON_GET_TICKET",
  "BATON_LIST_TICKET_SCHEMAS",
])("%s enables ticketing", (variable) => {
  expect(allowsTicketing(settings({ [variable]: "true" }))).toBe(true);
});

test("ticketing is off by itself", () => {
  expect(allowsTicketing(settings({}))).toBe(false);
});
