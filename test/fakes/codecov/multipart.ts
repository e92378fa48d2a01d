/**
 * The last value of a field in a multipart body, read as leniently as the server does: a body that ends early, or
 * holds no part at all, is a form without fields.
 *
 * @returns the text, `"file"` for a part with a file name, or undefined without such a part
 */
export function readMultipartField(
  body: Buffer,
  boundary: string,
  field: string,
): { readonly text: string } | "file" | undefined {
  let found: { readonly text: string } | "file" | undefined;
  // What comes before the first boundary is no part.
  for (const part of body.toString("latin1").split(`--${boundary}`).slice(1)) {
    const end = part.indexOf("\r\n\r\n");
    if (end < 0) continue;
    const disposition = /^content-disposition:(.*)$/im.exec(part.slice(0, end))?.[1] ?? "";
    if (parameterOf(disposition, "name") !== field) continue;
    const text = Buffer.from(part.slice(end + 4).replace(/\r\n$/, ""), "latin1").toString("utf8");
    found = parameterOf(disposition, "filename") === undefined ? { text } : "file";
  }
  return found;
}

/** A parameter of a header, with or without quotes. */
export function parameterOf(header: string, name: string): string | undefined {
  const found = new RegExp(`;\\s*${name}=(?:"([^"]*)"|([^;\\s]*))`, "i").exec(header);
  return found?.[1] ?? found?.[2];
}
