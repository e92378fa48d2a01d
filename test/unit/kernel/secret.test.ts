import { inspect } from "node:util";
import { expect, test } from "vitest";
import { Redactor, Secret } from "#kernel/secret.ts";

test("a secret prints as a placeholder in every form of output", () => {
  const secret = new Secret("hunter2-token");
  const shown = [String(secret), JSON.stringify({ secret }), inspect({ deep: { secret } })];
  for (const text of shown) {
    expect(text).not.toContain("hunter2");
    expect(text).toContain("[redacted]");
  }
  expect(secret.reveal()).toBe("hunter2-token");
});

test("the redactor takes a secret out of text in its plain, URL and JSON form", () => {
  const redactor = new Redactor();
  const value = 'pa"ss wörd/+';
  redactor.register(new Secret(value));
  const text = `a ${value} b ${encodeURIComponent(value)} c ${JSON.stringify({ value })}`;
  expect(redactor.redact(text)).toBe('a [redacted] b [redacted] c {"value":"[redacted]"}');
});

test("a secret that contains another one leaves no rest", () => {
  const redactor = new Redactor();
  redactor.register(new Secret("token"));
  redactor.register(new Secret("token-and-more"));
  expect(redactor.redact("x token-and-more y token")).toBe("x [redacted] y [redacted]");
});

test("blanks around a secret are not part of it, and nothing is replaced for an empty one", () => {
  const redactor = new Redactor();
  redactor.register(new Secret("long-value\n"));
  redactor.register(new Secret(""));
  redactor.register(new Secret("a"));
  expect(redactor.redact("a long-value.")).toBe("a [redacted].");
});

test("a forgotten secret is replaced no more, one that is still known is", () => {
  const redactor = new Redactor();
  const [old, current] = [new Secret("old-token"), new Secret("current-token")];
  redactor.register(old);
  redactor.register(current);
  redactor.forget(old);
  expect(redactor.redact("old-token current-token")).toBe("old-token [redacted]");
});

test("a sentence keeps its own line breaks, indented, and a secret with a line break disappears as a whole", () => {
  const redactor = new Redactor();
  redactor.register(new Secret("first-half\nsecond-half"));
  expect(redactor.toLines("errors found:\none\u001b[2J\ntwo first-half\nsecond-half")).toBe(
    "errors found:\n  one<U+001B>[2J\n  two [redacted]",
  );
});
