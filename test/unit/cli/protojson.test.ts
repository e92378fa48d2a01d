import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { JsonPrinter } from "#cli/protojson.ts";
import { Capability, ConnectorCapabilities } from "#gen/c1/connector/v2/connector.ts";
import { ResourceType_Trait } from "#gen/c1/connector/v2/resource.ts";
import { Code } from "#kernel/errors.ts";
import { packAnnotation } from "#model/annotations.ts";
import { catchError } from "../config/catch-error.ts";

const reference = readFileSync(
  new URL("../../golden/go-capabilities.json", import.meta.url),
  "utf8",
).trimEnd();

test("capabilities print as a Go connector prints them, byte for byte", () => {
  const capabilities = ConnectorCapabilities.fromPartial({
    resourceTypeCapabilities: [
      {
        resourceType: {
          id: "user",
          displayName: "User",
          traits: [ResourceType_Trait.TRAIT_USER],
          annotations: [packAnnotation("SkipEntitlementsAndGrants")],
        },
        capabilities: [Capability.CAPABILITY_SYNC],
        permissions: {},
      },
    ],
    connectorCapabilities: [Capability.CAPABILITY_SYNC],
    credentialDetails: {},
  });
  const bytes = ConnectorCapabilities.encode(capabilities).finish();
  const json = new JsonPrinter().toTypedJson("c1.connector.v2.ConnectorCapabilities", bytes);
  expect(JSON.stringify(json, undefined, 2)).toBe(reference);
});

test("a type that the contract does not have is an error", () => {
  const error = catchError(() => new JsonPrinter().toJson("acme.Nothing", new Uint8Array()));
  expect(error.code).toBe(Code.Internal);
});
