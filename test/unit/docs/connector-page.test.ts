import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import { findSchemaProblem } from "../../../scripts/deploy/manifest.ts";

const root = new URL("../../../", import.meta.url);
const page = readFileSync(new URL("docs/connector.mdx", root), "utf8");
const [, frontMatter = "", body = ""] = /^---\n([\s\S]*?)\n---\n([\s\S]*)$/.exec(page) ?? [];
const prose = body.replace(/```[\s\S]*?```/g, "").replace(/`[^`]*`/g, "");

/** What the documentation site renders; everything else is refused there. */
const COMPONENTS = "Card Check Frame Icon Info Note Step Steps Tab Tabs Tip Warning".split(" ");

interface Capabilities {
  readonly resourceTypeCapabilities: {
    readonly resourceType: { readonly id: string };
    readonly capabilities: readonly string[];
  }[];
}

function readJson<T>(file: string): T {
  return JSON.parse(readFileSync(new URL(file, root), "utf8")) as T;
}

describe("the connector's page", () => {
  test("has front matter whose two descriptions are equal", () => {
    const fields = parse(frontMatter) as Record<string, string>;
    expect(Object.keys(fields)).toEqual([
      "title",
      "og:title",
      "description",
      "og:description",
      "sidebarTitle",
    ]);
    expect(fields["description"]).toBe(fields["og:description"]);
    expect(fields["title"]).toBe(fields["og:title"]);
  });

  test("has no imports, exports, expressions or active addresses", () => {
    expect(prose).not.toMatch(/^\s*(import|export)\s/m);
    expect(prose).not.toMatch(/[{}]/);
    expect(prose).not.toMatch(/\b(javascript|vbscript|data):/i);
    expect(page.includes("\u0000") || page.startsWith("\uFEFF")).toBe(false);
  });

  test("uses the site's components only, each one closed", () => {
    const open: string[] = [];
    for (const [tag, closing, name, selfClosing] of prose.matchAll(/<(\/?)([A-Za-z][\w.]*)[^<>]*?(\/?)>/g)) {
      expect(COMPONENTS, tag).toContain(name);
      expect(tag).not.toMatch(/\son\w+=/);
      if (selfClosing === "/") continue;
      if (closing === "") open.push(name ?? "");
      else expect(open.pop(), tag).toBe(name);
    }
    expect(open).toEqual([]);
  });

  test("has the sections that readers know, in their order", () => {
    const headings = [...body.matchAll(/^## (.+)$/gm)].map((match) => match[1]);
    expect(headings).toEqual([
      "Availability",
      "Capabilities",
      "Connector actions",
      "Seats come back",
      "Gather Codecov credentials",
      "Configure the Codecov connector",
    ]);
  });

  test("lists as provisionable what the program says it can provision", () => {
    const { resourceTypeCapabilities } = readJson<Capabilities>("baton_capabilities.json");
    const table = /^## Capabilities\n([\s\S]*?)^## /m.exec(body)?.[1] ?? "";
    const rows = [...table.matchAll(/^\| (Accounts|Organization|License)\b[^|]*\|([^|]*)\|([^|]*)\|$/gm)];
    const byType: Record<string, string> = { user: "Accounts", org: "Organization", license: "License" };
    expect(rows).toHaveLength(resourceTypeCapabilities.length);
    for (const { resourceType, capabilities } of resourceTypeCapabilities) {
      const row = rows.find((match) => match[1] === byType[resourceType.id]);
      expect(row?.[2]?.includes("square-check"), resourceType.id).toBe(
        capabilities.includes("CAPABILITY_SYNC"),
      );
      expect(row?.[3]?.includes("square-check"), resourceType.id).toBe(
        capabilities.includes("CAPABILITY_PROVISION"),
      );
    }
  });

  test("names every setting of the connector", () => {
    const { fields } = readJson<{ fields: { name: string; isOps?: boolean }[] }>("config_schema.json");
    const own = fields.filter(({ name }) => name.startsWith("codecov-"));
    expect(own.length).toBeGreaterThan(0);
    for (const { name } of own) {
      expect(body).toContain(`BATON_${name.toUpperCase().replaceAll("-", "_")}`);
    }
  });

  test("holds manifests that are YAML, with what Kubernetes wants", async () => {
    const manifests = [...body.matchAll(/```yaml\n([\s\S]*?)```/g)].map((match) => parse(match[1] ?? ""));
    expect(manifests.map(({ kind }) => kind)).toEqual(["Secret", "Deployment"]);
    for (const manifest of manifests) expect(await findSchemaProblem(manifest)).toBeUndefined();
  });
});
