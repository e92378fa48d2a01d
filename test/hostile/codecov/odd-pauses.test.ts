import { rm } from "node:fs/promises";
import { expect, test } from "vitest";
import { answer, honestBut, member, page, startHostileCodecov } from "../support/codecov.ts";
import { runMeasured, settings, useGoodFile } from "../support/runs.ts";

const good = useGoodFile();

// Pauses that are far too long have tests of their own, in test/regress.
const PAUSES: readonly (readonly [string, string])[] = [
  ["a negative number", "-5"],
  ["nothing", "0"],
  ["a time in the past", "Thu, 01 Jan 1970 00:00:00 GMT"],
  ["a part of a second", "0.5"],
  ["a word", "soon"],
  ["blanks", "   "],
  ["several numbers", "1, 2, 3"],
  ["a number in hexadecimal", "0x7fffffff"],
  ["infinity", "Infinity"],
];

test.concurrent.for(PAUSES)("a pause of %s does not keep a sync from its end", async ([what, retryAfter]) => {
  const honest = honestBut(() => page([member(0)]));
  let refused = false;
  await using codecov = await startHostileCodecov((socket, asked) => {
    if (refused || !asked.path.includes("is_admin")) return honest(socket, asked);
    refused = true;
    socket.write(answer('{"detail":"slower"}', { status: 429, headers: { "retry-after": retryAfter } }));
  });
  const file = `${good.path}.${what.replaceAll(" ", "-")}`;
  const { code, stderr } = await runMeasured(["-f", file, "--max-wait=60s"], {
    env: settings(codecov.origin),
  });
  expect({ code, stderr }).toMatchObject({ code: 0 });
  await rm(file);
});
