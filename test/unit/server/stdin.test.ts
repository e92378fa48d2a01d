import { PassThrough } from "node:stream";
import { expect, test } from "vitest";
import { Code } from "#kernel/errors.ts";
import { readStdin } from "#server/stdin.ts";

const MAX = 64;

async function lineOf(...chunks: string[]): Promise<string> {
  const stream = new PassThrough();
  const { line } = readStdin(stream, MAX);
  for (const chunk of chunks) stream.write(chunk);
  stream.end();
  return await line;
}

test.each([
  ["in one piece", ["abc=\n"], "abc="],
  ["in many pieces", ["a", "b", "c=", "\n"], "abc="],
  ["with a Windows line end", ["abc=\r\n"], "abc="],
  ["without a line end", ["abc="], "abc="],
  ["with more behind it", ["abc=\nmore\n", "and more"], "abc="],
  ["empty", ["\n"], ""],
  ["as long as allowed", [`${"x".repeat(MAX - 1)}\n`], "x".repeat(MAX - 1)],
])("the first line is read: %s", async (_name, chunks, expected) => {
  expect(await lineOf(...chunks)).toBe(expected);
});

test.each([
  ["it ended immediately", []],
  ["longer than 64 bytes", [`${"x".repeat(MAX)}\n`]],
  ["longer than 64 bytes", ["x".repeat(40), "x".repeat(40)]],
])("a missing line is refused: %s", async (problem, chunks) => {
  await expect(lineOf(...chunks)).rejects.toMatchObject({
    code: Code.Unknown,
    message: expect.stringContaining(problem),
  });
});

test("the end of input is seen behind anything that comes after the line", async () => {
  const stream = new PassThrough();
  const { line, ended } = readStdin(stream, MAX);
  stream.write("abc=\n");
  await line;
  let over = false;
  void ended.then(() => (over = true));
  for (let index = 0; index < 100; index += 1) stream.write(Buffer.alloc(10_000));
  await new Promise(setImmediate);
  expect(over).toBe(false);
  stream.end();
  await ended;
});

test("a read error counts as the end of input", async () => {
  const stream = new PassThrough();
  const { line, ended } = readStdin(stream, MAX);
  stream.destroy(new Error("EIO"));
  await expect(line).rejects.toMatchObject({ message: expect.stringContaining("EIO") });
  await ended;
});
