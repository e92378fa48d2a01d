/** Indents JSON as Python does, without changing a value: numbers and escapes stay as they are written. */
export function indentJson(json: string, width: number): string {
  const line = (depth: number): string => `\n${" ".repeat(width * depth)}`;
  let depth = 0;
  return json.replace(/"(?:[^"\\]|\\.)*"|\[\]|\{\}|[[\]{},:]/g, (token) => {
    if (token === ":") return ": ";
    if (token === ",") return token + line(depth);
    if (token === "[" || token === "{") return token + line(++depth);
    if (token === "]" || token === "}") return line(--depth) + token;
    return token;
  });
}
