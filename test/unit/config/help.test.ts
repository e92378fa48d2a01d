import { expect, test } from "vitest";
import type { Field } from "#config/field.ts";
import { formatFlags } from "#config/flag-help.ts";

const fields: readonly Field[] = [
  { kind: "string", name: "acme-owner", description: "Owner.", required: true },
  { kind: "select", name: "acme-kind", description: "Kind", values: ["a", "b"], default: "a" },
  { kind: "bool", name: "provisioning", shorthand: "p", description: "Allow changes", group: "Other" },
  { kind: "string", name: "secret-door", description: "Nobody sees this", hidden: true },
];

test("each visible flag is shown under its heading with what it takes and its variable", () => {
  expect(formatFlags(fields, "Acme", 80)).toBe(
    [
      "Acme:",
      "      --acme-owner <text>",
      "          required: Owner ($BATON_ACME_OWNER)",
      "      --acme-kind <text>",
      "          Kind. One of a, b. Default a ($BATON_ACME_KIND)",
      "",
      "Other:",
      "  -p, --provisioning",
      "          Allow changes ($BATON_PROVISIONING)",
      "",
    ].join("\n"),
  );
});

test("no line is wider than the terminal", () => {
  const lines = formatFlags(fields, "Acme", 40).split("\n");
  expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(40);
});
