import { type NameTest, patternTest } from "#codecov/coverage/model/pattern.ts";
import { usageError } from "#config/arguments.ts";
import { BatonError, Code } from "#kernel/errors.ts";

/** Whether a repository is meant by any of the patterns of `--repository`; without any, all are. */
export function selectNames(patterns: readonly string[]): NameTest {
  const tests = patterns.map(patternTest);
  return tests.length === 0 ? () => true : (name) => tests.some((test) => test(name));
}

/**
 * Refuses patterns that match nothing: a name that was mistyped or renamed would be left out in silence.
 *
 * @param where what the names are of, such as `the store coverage.db`
 * @throws BatonError NotFound
 */
export function refuseUnmatched(patterns: readonly string[], names: readonly string[], where: string): void {
  const unknown = patterns.filter((pattern) => !names.some(patternTest(pattern)));
  if (unknown.length === 0) return;
  throw new BatonError(
    Code.NotFound,
    `no repository of ${where} is called ${unknown.join(" or ")}; check the name, in upper and lower case, and that the token's owner can see it`,
    { kind: "configuration" },
  );
}

/**
 * The one repository of `--pull`.
 *
 * @throws BatonError Unknown (exit code 2) if there are several, or a pattern
 */
export function nameOfPull(patterns: readonly string[]): string {
  const [name, another] = patterns;
  if (name !== undefined && another === undefined && !name.includes("*")) return name;
  throw usageError("--pull: name the one repository of the pull request with --repository");
}
