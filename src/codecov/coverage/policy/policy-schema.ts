import * as z from "zod";
import { checkDuration } from "#kernel/duration.ts";
import { isLoopback } from "#kernel/loopback.ts";

/**
 * The policy file as it is written. Every message is the end of a sentence that begins with the place and the key. No message
 * may repeat a value: a file that should name a secret's file can hold the secret itself.
 */

/** The same message for a value of any wrong kind. */
function must(message: string) {
  return {
    error: ({ input }: { input?: unknown }) => (input === undefined ? "is missing" : `must be ${message}`),
  };
}

const numberFrom = (from: number, to: number, what: string) => {
  const message = must(`a number from ${from} to ${to}${what}`);
  return z.number(message).min(from, message).max(to, message);
};

const percentLimit = (description: string) =>
  z
    .union(
      [numberFrom(0, 100, ""), z.literal("none")],
      must('a percentage from 0 to 100, or "none" for no rule'),
    )
    .describe(description);

const duration = (description: string) => {
  const message = must('a duration such as "14d" or "36h", from 1s to 365d');
  // The pattern is for the exported schema; the check knows the bounds, too.
  return z
    .string(message)
    .regex(/^(?:\d+d)?(?:\d+h)?(?:\d+m)?(?:\d+s)?$/, message)
    .refine((text) => checkDuration(text) === undefined, message)
    .describe(description);
};

const text = (message: string) => z.string(must(message)).min(1, must(message));
const oneOf = <const Words extends readonly [string, ...string[]]>(...words: Words) =>
  z.enum(words, must(words.length === 2 ? words.join(" or ") : `one of ${words.join(", ")}`));
const file = (what: string) => text("a path").describe(`File that holds ${what}.`);
const variable = (what: string) => {
  const message = must("the name of an environment variable");
  return z
    .string(message)
    .regex(/^[A-Za-z_][A-Za-z0-9_]*$/, message)
    .describe(`Environment variable that holds ${what}.`);
};

const targetName = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$/, { error: "must be made of letters, digits, _ and -" });

const ruleKeys = {
  minimum: percentLimit("Least coverage in percent; exactly this much is enough."),
  max_drop: z
    .union(
      [numberFrom(0, 100, ""), z.literal("none")],
      must('a number of points from 0 to 100, or "none" for no rule'),
    )
    .describe(
      "Most that coverage may fall, in points: below the median of the seven days before, or in a pull request below its base.",
    ),
  patch_minimum: percentLimit("Least coverage in percent of the lines that a pull request changes."),
  patch_lines: z
    .int(must("a whole number from 0 to 10000"))
    .min(0, must("a whole number from 0 to 10000"))
    .max(10_000, must("a whole number from 0 to 10000"))
    .describe("Patches with fewer lines than this are not judged by percentage. Default 20."),
  stale_after: duration(
    "A report older than this is stale, while the repository is marked active at Codecov. Default 14d.",
  ),
  declining_points: numberFrom(0.01, 100, " points").describe(
    "Coverage declines if the median of the last seven of 30 days is this many points below that of the first seven. Default 1.",
  ),
  declining_days: z
    .int(must("a whole number from 14 to 30"))
    .min(14, must("a whole number from 14 to 30"))
    .max(30, must("a whole number from 14 to 30"))
    .describe(
      "Days since the first measurement that it takes to tell whether coverage declines. Default 14.",
    ),
  recover_at: numberFrom(0, 100, " points").describe(
    "Points above the minimum at which an alert has recovered. Default 0.5.",
  ),
  remind: duration("How often an alert that lasts is repeated. Not at all by default."),
  notify: z
    .array(targetName, must("a list of names of targets"))
    .describe("Targets under publish that learn of this repository."),
};

const rulesSchema = z.strictObject(ruleKeys, must("a mapping of rules")).partial();

const patternMessage = must("a name or a pattern such as payments-*, or a list of them");
const pattern = z.string(patternMessage).min(1, patternMessage).max(500, patternMessage);

const entrySchema = z.strictObject(
  {
    match: z
      .union([pattern, z.array(pattern).min(1, patternMessage)], patternMessage)
      .describe(
        "Names or patterns, in which * stands for any characters. Upper and lower case differ. The first entry that matches holds.",
      ),
    ignore: z
      .boolean(must("true or false"))
      .describe("Leaves the repositories out of every rule and figure.")
      .optional(),
    ...rulesSchema.shape,
  },
  must("a mapping with match and rules"),
);

const webAddress = text("an address that begins with https://").refine(isSafeAddress, {
  error: "must begin with https:// (http:// for this machine only)",
});

const portKeys = {
  region: oneOf("eu", "us").describe("Where the account lives. Default eu.").optional(),
  base_url: webAddress.describe("Address of Port's API, instead of a region.").optional(),
  client_id_file: file("the client id; otherwise PORT_CLIENT_ID").optional(),
  client_secret_file: file("the client secret; otherwise PORT_CLIENT_SECRET").optional(),
  blueprint: text("the identifier of a blueprint").describe("Default codecov_coverage.").optional(),
  shape: oneOf("example", "full")
    .describe("example: the properties of Port's own blueprint; full: ours.")
    .optional(),
  identifier: oneOf("name", "owner/name").describe("What identifies an entity. Default name.").optional(),
  gone: oneOf("keep", "mark", "delete")
    .describe("What becomes of repositories that are gone. Default keep.")
    .optional(),
};
const slackKeys = {
  url_file: file("the address of an incoming webhook, which is itself a secret").optional(),
  url_variable: variable("the address of an incoming webhook").optional(),
  token_file: file("a bot token").optional(),
  token_variable: variable("a bot token").optional(),
  channel: text("the id or name of a channel").describe("Channel for a bot token.").optional(),
};
const teamsKeys = {
  url_file: file("the address of a workflow, which is itself a secret").optional(),
  url_variable: variable("the address of a workflow").optional(),
};
const webhookKeys = {
  url: webAddress.describe("Where messages are sent.").optional(),
  url_file: file("the address, if it is a secret").optional(),
  url_variable: variable("the address").optional(),
  secret_file: file("the key of the signature, which begins with whsec_").optional(),
  secret_variable: variable("the key of the signature").optional(),
};

const KEYS = { port: portKeys, slack: slackKeys, teams: teamsKeys, webhook: webhookKeys };
export type TargetKind = keyof typeof KEYS;
export const TARGET_KINDS = Object.keys(KEYS) as TargetKind[];

const kinds = TARGET_KINDS.join(", ");
const kindMessage = {
  error: ({ code, input }: { code?: string; input?: unknown }) =>
    code === "invalid_type" && input !== undefined
      ? "must be a mapping of settings"
      : `must have a kind, one of ${kinds}; a target that is called like a kind needs none`,
};
const mapping = must("a mapping");
const portTarget = z.strictObject({ kind: z.literal("port", kindMessage), ...portKeys }, mapping);
const slackTarget = z.strictObject({ kind: z.literal("slack", kindMessage), ...slackKeys }, mapping);
const teamsTarget = z.strictObject({ kind: z.literal("teams", kindMessage), ...teamsKeys }, mapping);
const webhookTarget = z.strictObject({ kind: z.literal("webhook", kindMessage), ...webhookKeys }, mapping);

const targetSchema = z.discriminatedUnion(
  "kind",
  [portTarget, slackTarget, teamsTarget, webhookTarget],
  kindMessage,
);
export type Target = z.infer<typeof targetSchema>;

/** A target that is called like a kind is of that kind. */
const publishSchema = z
  .object(
    {
      port: portTarget.partial({ kind: true }).optional(),
      slack: slackTarget.partial({ kind: true }).optional(),
      teams: teamsTarget.partial({ kind: true }).optional(),
      webhook: webhookTarget.partial({ kind: true }).optional(),
    },
    must("a mapping of targets by name"),
  )
  .catchall(targetSchema);

export const policySchema = z.strictObject(
  {
    version: z.literal(1, must("1, the version that this program reads")),
    defaults: rulesSchema
      .describe("Rules of every repository, as far as its entry does not set them.")
      .optional(),
    repositories: z
      .array(entrySchema, must("a list of entries with match"))
      .describe("Rules by name. The first entry that matches holds.")
      .optional(),
    publish: publishSchema
      .describe("Targets by name. Secrets are in files or variables, never in here.")
      .optional(),
  },
  must("a mapping that begins with version: 1"),
);
export type PolicyFile = z.infer<typeof policySchema>;
export type RuleKeys = z.infer<typeof rulesSchema>;
export type Entry = z.infer<typeof entrySchema>;

/** The keys that a mapping of the file can have. @param path of the mapping from the top */
export function knownKeys(path: readonly PropertyKey[], kind: string | undefined): readonly string[] {
  const [section, name] = path;
  if (section === undefined) return Object.keys(policySchema.shape);
  if (section === "defaults") return Object.keys(ruleKeys);
  if (section === "repositories") return Object.keys(entrySchema.shape);
  const keys = Object.entries(KEYS).find(([known]) => known === (kind ?? name))?.[1];
  return keys === undefined ? [] : ["kind", ...Object.keys(keys)];
}

/** The JSON Schema of the policy file, for editors and CI (`coverage policy --schema`). */
export function policyJsonSchema(): Readonly<Record<string, unknown>> {
  return z.toJSONSchema(policySchema, { io: "input" });
}

function isSafeAddress(address: string): boolean {
  const url = URL.parse(address);
  if (url === null || url.username !== "" || url.password !== "") return false;
  return url.protocol === "https:" || (url.protocol === "http:" && isLoopback(url.hostname));
}
