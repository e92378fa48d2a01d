import { expect, test } from "vitest";
import { Code } from "#kernel/errors.ts";
import { always, answer, honestBut, member, page, startHostileCodecov } from "../support/codecov.ts";
import { runMeasured, settings, syncInVain, useGoodFile } from "../support/runs.ts";

const good = useGoodFile();

test.each([
  [301, (other: string) => `${other}/api/v2/`],
  [302, (other: string) => `${other.replace("http://", "//")}/`],
  [307, (other: string) => `${other.replace("http://", "http://user:word@")}/`],
  [308, (other: string) => other.replace("http://", "HTTP:\\\\")],
])("a redirect with %i is not followed, and the other host hears nothing", async (status, locate) => {
  await using other = await startHostileCodecov(always(answer(page([]))));
  const redirect = answer("", { status, headers: { location: locate(other.origin) } });
  await using codecov = await startHostileCodecov(always(redirect));
  const { code } = await syncInVain(good.path, codecov.origin);
  expect(code).toBe(Code.FailedPrecondition);
  expect(other.requests).toEqual([]);
});

test("a link to the next page on another host is not followed", async () => {
  await using other = await startHostileCodecov(always(answer(page([]))));
  const rows = Array.from({ length: 300 }, (_, index) => member(index));
  await using codecov = await startHostileCodecov(
    honestBut((number, size) => {
      const start = (number - 1) * size;
      const hasNext = start + size < rows.length;
      return page(rows.slice(start, start + size), rows.length, hasNext ? `${other.origin}/?page=2` : null);
    }),
  );
  const file = `${good.path}.new`;
  const { code } = await runMeasured(["-f", file], { env: settings(codecov.origin) });
  expect(code).toBe(0);
  expect(other.requests).toEqual([]);
});
