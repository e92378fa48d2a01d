import { join } from "node:path";
import { expect, test } from "vitest";
import { startCodecovSimulator } from "../fakes/codecov/simulator.ts";
import { readDocument, root } from "../unit/docs/snippets.ts";
import { hasTerminal } from "./terminal.ts";
import { transcribe } from "./transcript.ts";

const DOCUMENT = "docs/coverage.md";

const TITLE = "# Coverage\n";

/** The policy that the document shows, then a sync. */
const BEFORE = `\`\`\`console
$ printf '%s\\n' 'version: 1' 'defaults: {minimum: 80, max_drop: 2}' 'repositories:' '  - match: payments-*' '    minimum: 90' > coverage.yaml
$ baton-codecov coverage sync 2> sync.log
\`\`\`
`;

// The newest commits of the simulated organization are two hours old: those of yesterday early in the day, which shifts trends.
test.skipIf(!hasTerminal || new Date().getUTCHours() < 3)(
  "the commands on coverage print what the document shows",
  { timeout: 120_000 },
  async () => {
    await using simulator = await startCodecovSimulator({ coverage: { demo: true } });
    const { text } = await transcribe(BEFORE + readDocument(DOCUMENT), {
      BATON_CODECOV_BASE_URL: simulator.baseUrl,
      BATON_CODECOV_API_TOKEN: simulator.tokens["admin-token"],
      BATON_CODECOV_SERVICE: "github",
      BATON_CODECOV_OWNER: "acme",
    });
    const shown = text
      .slice(text.indexOf(TITLE))
      .replaceAll(simulator.url, "https://app.codecov.io")
      .replaceAll(/\b\dm ago/g, "0m ago");
    await expect(shown).toMatchFileSnapshot(join(root, DOCUMENT));
  },
);
