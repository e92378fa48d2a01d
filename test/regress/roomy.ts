import { onTestFinished } from "vitest";
import { runProgram } from "../contract/program.ts";
import { type CodecovSimulator, startCodecovSimulator } from "../fakes/codecov/simulator.ts";
import { makeDirectory } from "./system.ts";

export const SEAT = "license:roomy:assigned";

/** A simulated organization with free seats, and a file of it, for one test. */
export interface Roomy {
  readonly simulator: CodecovSimulator;
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  /** Names of those of the given members who hold a seat. */
  readonly seated: () => string[];
}

const MEMBERS = { alice: 101, bob: 102, eve: 103, dan: 104, waiting: 109 };

export async function startRoomy(): Promise<Roomy> {
  const simulator = await startCodecovSimulator({ state: "free-seats" });
  onTestFinished(() => simulator.close());
  const cwd = await makeDirectory();
  const env = {
    BATON_CODECOV_API_TOKEN: simulator.tokens["admin-token"] ?? "",
    BATON_CODECOV_SERVICE: "github",
    BATON_CODECOV_OWNER: "roomy",
    BATON_CODECOV_BASE_URL: simulator.baseUrl,
  };
  const { code, stderr } = await runProgram([], { cwd, env });
  if (code !== 0) throw new Error(stderr);
  const seated = () => {
    const roomy = simulator.state.findOwner("github", "roomy");
    const { seats } = simulator.state.organization(roomy?.ownerid ?? 0).row;
    return Object.entries(MEMBERS)
      .filter(([, ownerid]) => seats?.has(ownerid))
      .map(([name]) => name);
  };
  return { simulator, cwd, env, seated };
}
