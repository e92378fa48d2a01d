import { readdirSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { buildChildCommand } from "#cli/child-command.ts";
import { parseArguments } from "#config/arguments.ts";
import { hostSecrets } from "#config/sdk-constraints.ts";
import { sdkFields } from "#config/sdk-fields.ts";
import { ServiceScene } from "../contract/service-scene.ts";

const isLinux = process.platform === "linux";

/** Process ids of the children of a process. */
function childrenOf(pid: number): string[] {
  return readdirSync(`/proc/${pid}/task`).flatMap((thread) =>
    readFileSync(`/proc/${pid}/task/${thread}/children`, "utf8").split(" ").filter(Boolean),
  );
}

test.runIf(isLinux).each(["a variable", "a flag"])(
  "in service mode the connector process works without the client secret, given as %s",
  async (form) => {
    await using scene = await ServiceScene.open();
    const { BATON_CLIENT_SECRET: secret = "" } = scene.settings();
    if (form === "a flag") scene.start({ BATON_CLIENT_SECRET: "" }, [`--client-secret=${secret}`]);
    else scene.start();
    const done = await scene.finish(scene.c1.enqueue({ $case: "actionListSchemas", value: {} }));
    expect(done.finalState?.$case).toBe("success");

    const [connector = "none"] = childrenOf(scene.pid());
    const inherited = ["environ", "cmdline"].map((file) =>
      readFileSync(`/proc/${connector}/${file}`, "utf8"),
    );
    expect(inherited[0]).toContain("BATON_CODECOV_API_TOKEN=");
    for (const text of inherited) expect(text).not.toContain(secret);
  },
);

test("what is withheld goes to the child neither as a flag nor as a variable, however it was written", () => {
  const parsed = parseArguments(["--client-id=me", "--client-secret="], Object.values(sdkFields));
  const given = { baton_client_secret: "s3cret", BATON_CLIENT_SECRET: "s3cret", PATH: "/bin" };
  const { words, env } = buildChildCommand(parsed, given, {}, hostSecrets);
  expect(words).toEqual(["--client-id=me", "_connector-service"]);
  expect(env).toEqual({ PATH: "/bin" });
});

test("a connector that declares to need the secret gets it", () => {
  const parsed = parseArguments([], Object.values(sdkFields));
  const given = { BATON_CLIENT_SECRET: "s3cret" };
  expect(buildChildCommand(parsed, given, {}, []).env).toEqual(given);
});
