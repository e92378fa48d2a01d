import { expect, test } from "vitest";
import { startCodecovHost } from "./codecov-host.ts";
import { syncDamaged } from "./damaged-answers.ts";

// The long run of the same is `npm run test:fuzz`.
test("syncs with damaged answers end with the right rows or an error, never with wrong ones", async () => {
  await using host = await startCodecovHost({ seed: 11 });
  const { right, failed } = await syncDamaged(host, 20);
  expect(right).toBeGreaterThan(0);
  expect(failed).toBeGreaterThan(0);
});
