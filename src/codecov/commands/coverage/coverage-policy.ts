import { existsSync } from "node:fs";
import type { Invocation } from "#cli/command.ts";
import { loadSettings } from "#cli/load-settings.ts";
import { print, tell } from "#cli/standard-output.ts";
import { DEFAULT_POLICY, readPolicy } from "#codecov/coverage/policy/read-policy.ts";
import { openHistory } from "#codecov/coverage/store/coverage-history.ts";
import { loadFields } from "#config/load.ts";
import { toVisibleLine } from "#kernel/visible-text.ts";
import { coveragePolicyFields } from "./coverage-policy-fields.ts";

/** `coverage policy`: checks a policy file, also against the names in the store, or prints the schema of such files. */
export async function run(invocation: Invocation): Promise<number> {
  const settings = await loadSettings(invocation);
  const options = loadFields(coveragePolicyFields, [], settings.sources);
  if (options.schema) {
    const { policyJsonSchema } = await import("#codecov/coverage/policy/policy-schema.ts");
    await print(`${JSON.stringify(policyJsonSchema(), undefined, 2)}\n`);
    return 0;
  }
  for (const warning of settings.warnings) tell(`${invocation.redactor.toLine(warning)}\n`);
  const policy = await readPolicy(options.policy ?? DEFAULT_POLICY, invocation.cwd());
  if (policy === undefined) return 0;
  if (!existsSync(options.store)) {
    await print(`${toVisibleLine(policy.path)} is valid\n`);
    return 0;
  }
  using history = openHistory(options.store);
  const names = Array.from(history.repositories({ sinceDay: "9999-12-31" }), ({ name }) => name);
  const idle = policy.unmatched(names).map(({ pattern, line, why }) => {
    const what =
      why === "nothing"
        ? "matches no repository of the store"
        : "decides nothing, as every repository that it matches is matched by an entry above";
    return `line ${line}: "${toVisibleLine(pattern)}" ${what}\n`;
  });
  await print(`${toVisibleLine(policy.path)} is valid\n${idle.join("")}`);
  return 0;
}
