import type { Answer } from "./answer.ts";

/** The names that the server accepts in `Host`, whatever the port. */
export function isAllowedHost(host: string | undefined, further: readonly string[]): boolean {
  const name = (host ?? "").replace(/:\d+$/, "").toLowerCase();
  if (/^(?:localhost|127(?:\.\d+){3}|\[::1\])$/.test(name) || name.endsWith(".codecov.io")) return true;
  return name === "codecov.io" || further.includes(name) || further.includes("*");
}

/** What a request with another `Host` gets. */
export const WRONG_HOST: Answer = {
  status: 400,
  headers: { "content-type": "text/html; charset=utf-8", vary: "origin" },
  body: Buffer.from(
    '\n<!doctype html>\n<html lang="en">\n<head>\n  <title>Bad Request (400)</title>\n</head>\n<body>\n  ' +
      "<h1>Bad Request (400)</h1><p></p>\n</body>\n</html>\n",
  ),
};
