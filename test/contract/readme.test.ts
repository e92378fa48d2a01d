import { join } from "node:path";
import { expect, test } from "vitest";
import { startCodecovSimulator } from "../fakes/codecov/simulator.ts";
import { readDocument, root, typedCommands } from "../unit/docs/snippets.ts";
import { hasTerminal } from "./terminal.ts";
import { transcribe } from "./transcript.ts";

const DOCUMENT = "README.md";

test.skipIf(!hasTerminal)("a run prints what the README shows", { timeout: 60_000 }, async () => {
  await using simulator = await startCodecovSimulator({ generated: { members: 12 } });
  const readme = readDocument(DOCUMENT);
  expect(typedCommands(readme).length).toBeGreaterThan(1);

  const { text } = await transcribe(readme, {
    BATON_CODECOV_BASE_URL: simulator.baseUrl,
    BATON_CODECOV_API_TOKEN: simulator.tokens["admin-token"],
    BATON_CODECOV_SERVICE: "github",
    BATON_CODECOV_OWNER: "acme",
  });
  await expect(text).toMatchFileSnapshot(join(root, DOCUMENT));
});
