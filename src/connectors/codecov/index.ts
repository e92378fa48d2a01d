import { Secret } from "#kernel/secret.ts";
import type { ConnectorDefinition } from "#runtime/connector.ts";
import { HOSTED_BASE_URL } from "./base-url.ts";
import { constraints, fields } from "./fields.ts";
import { USER_TYPE } from "./type-ids.ts";

const NAME = "Codecov";
const DESCRIPTION = "Who has access to a Codecov organization: its members, their seats and its admins";

/** The Codecov connector. */
export const codecov = {
  name: "baton-codecov",
  displayName: NAME,
  description: DESCRIPTION,
  helpUrl: "https://docs.codecov.com/reference/overview",
  fields,
  constraints,
  exampleConfig: {
    apiToken: new Secret("00000000-0000-0000-0000-000000000000"),
    apiTokenFile: undefined,
    service: "github",
    owner: "acme",
    baseUrl: HOSTED_BASE_URL,
    allowHttp: false,
    purchasedSeats: 0,
    sessionInfo: false,
    internalIds: false,
  },
  summary: [
    { label: "members", resourceType: USER_TYPE },
    { label: "seats", resourceType: USER_TYPE, profileFlag: "activated" },
    { label: "admins", resourceType: USER_TYPE, profileFlag: "is_admin" },
  ],
  create: async (config, settings) => {
    // Loaded only where a connector is needed, which the host beside it does without.
    const { createCodecov } = await import("./connector.ts");
    return createCodecov({ displayName: NAME, description: DESCRIPTION }, config, settings);
  },
} as const satisfies ConnectorDefinition<typeof fields>;
