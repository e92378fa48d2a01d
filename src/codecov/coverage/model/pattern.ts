/** Whether a name of a repository is meant. */
export type NameTest = (name: string) => boolean;

/**
 * A name or a pattern in which `*` stands for any characters, also none: `payments-*`, `*-sandbox`. Upper and lower case
 * differ, as in Codecov's names. The time it takes grows with the length of name and pattern only, whatever they are.
 */
export function patternTest(pattern: string): NameTest {
  const parts = pattern.split("*");
  const [first = "", ...rest] = parts;
  const last = rest.pop();
  if (last === undefined) return (name) => name === pattern;
  return (name) => {
    if (name.length < first.length + last.length || !name.startsWith(first) || !name.endsWith(last))
      return false;
    let from = first.length;
    for (const part of rest) {
      const at = name.indexOf(part, from);
      if (at < 0) return false;
      from = at + part.length;
    }
    return from <= name.length - last.length;
  };
}
