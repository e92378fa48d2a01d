import { HOSTED_BASE_URL } from "#codecov/api/api-address.ts";
import { USER_TYPE } from "#codecov/resources/type-ids.ts";
import { AUTO_ACTIVATION } from "#codecov/seats/auto-activation.ts";
import { Secret } from "#kernel/secret.ts";
import type { ConnectorDefinition } from "#runtime/connector.ts";
import { constraints, fields } from "./fields.ts";

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
  identity: ["owner", "service"],
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
  examples: [
    {
      args: ["--list-action-schemas"],
      purpose: "list the actions",
    },
    {
      args: [
        "--grant-entitlement",
        "license:acme:assigned",
        "--grant-principal",
        "jdoe",
        "--grant-principal",
        "asmith",
        "--grant-principal-type",
        "user",
      ],
      purpose: "give two members a seat",
    },
    {
      args: ["--revoke-grant", "license:acme:assigned:user:jdoe"],
      purpose: "take away a seat; repeat --revoke-grant for several",
    },
    {
      args: ["--invoke-action", "disable_user", "--invoke-action-args", '{"user_id":"jdoe"}'],
      purpose: "take away a seat with an action; enable_user gives one",
    },
  ],
  changeNotes: { revoke: AUTO_ACTIVATION, actions: { disable_user: AUTO_ACTIVATION } },
  create: async (config, settings) => {
    // Loaded only where a connector is needed, which the host beside it does without.
    const { createCodecov } = await import("./codecov-connector.ts");
    return createCodecov({ displayName: NAME, description: DESCRIPTION }, config, settings);
  },
} as const satisfies ConnectorDefinition<typeof fields>;
