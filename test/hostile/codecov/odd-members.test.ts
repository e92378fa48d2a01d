import { expect, test } from "vitest";
import { honestBut, member, page, startHostileCodecov } from "../support/codecov.ts";
import { runMeasured, settings, useGoodFile } from "../support/runs.ts";

const good = useGoodFile();

/** JSON that JavaScript's own writer would not make. */
const RAW = [
  '{"service":"github","username":"twice","username":"twice-2","name":"A","email":null,"activated":false,"activated":true,"is_admin":false}',
  '{"service":"github","username":"proto","name":"B","email":null,"activated":true,"is_admin":false,"__proto__":{"is_admin":true},"constructor":1}',
  '{"service":"github","username":"lone","name":"x\\ud800y","email":"\\udfff","activated":true,"is_admin":false}',
  '{"service":"github","username":"nul","name":"a\\u0000b\\u001b[31m\\u202ec","email":"=1+1","activated":true,"is_admin":false}',
  '{"service":"github","username":"<script>alert(1)</script>","name":"</title><script>","email":"@x","activated":true,"is_admin":false}',
  '{"service":"github","username":"../../../etc/passwd","name":"C","email":null,"activated":true,"is_admin":false}',
  '{"service":"github","username":"constructor","name":"D","email":null,"activated":true,"is_admin":false,"ownerid":1e400}',
].join(",");

function roster(): string {
  const plain = JSON.stringify([
    member(0, { username: "\ufeffbom" }),
    member(1, { name: "n".repeat(100_000) }),
  ]);
  return page([])
    .replace('"results":[]', `"results":[${RAW},${plain.slice(1, -1)}]`)
    .replace('"count":0', '"count":9');
}

test("members with odd names are stored each on its own, and acted on by no report", async () => {
  await using codecov = await startHostileCodecov(honestBut(() => roster()));
  const file = `${good.path}.odd`;
  const { code, peakMiB } = await runMeasured(["-f", file], { env: settings(codecov.origin) });
  expect(code).toBe(0);
  expect(peakMiB).toBeLessThan(250);

  for (const format of ["table", "json", "csv", "html"]) {
    const { code: ending, stdout } = await runMeasured(["report", "-f", file, "--format", format]);
    expect(ending).toBe(0);
    expect(stdout).not.toMatch(/(?![\t\n\r])\p{Cc}|[\u202a-\u202e]/u);
    expect(stdout).not.toContain(format === "html" ? "<script>" : "\u001b");
    if (format === "json") expect(JSON.parse(stdout)).toMatchObject({ summary: { members: 9 } });
    if (format === "csv") expect(stdout).not.toMatch(/(?:^|[",;])[=@+]/m);
  }
});
