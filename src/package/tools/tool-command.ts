import { parseArgs } from "node:util";
import { BatonError, Code, messageOf, toBatonError } from "#kernel/errors.ts";

/** Oldest Node that builds; a project brings a newer one. */
const OLDEST_BUILDER = 24;

const USAGE = `baton-connector-sdk new <name> --sdk <version, or path of a .tgz file> [--no-install]
  creates a connector project in the folder baton-<name> and installs its dependencies
baton-connector-sdk build [--bundle-only | --executable-only]
  builds the project in this directory: the npm package and the single executable, in build/
`;

/** After a command as well. */
const HELP = /^(-h|--help)$/;

/**
 * Runs the command line of the SDK.
 *
 * @param args without the command's own name
 * @param cwd where `new` makes the folder, and whose project `build` builds
 * @returns the exit code: 0, or the gRPC code of what went wrong, which standard error explains
 */
export async function runCommand(args: readonly string[], cwd: string): Promise<number> {
  const say = (line: string): void => void process.stdout.write(`${line}\n`);
  try {
    const [command, ...words] = args;
    if (command === undefined || command === "help" || args.some((word) => HELP.test(word))) {
      process.stdout.write(USAGE);
    } else if (command === "new") await runNew(words, cwd, say);
    else if (command === "build") await runBuild(words, cwd, say);
    else throw usageError(`there is no command "${command}"`);
    return Code.Ok;
  } catch (thrown) {
    const error = toBatonError(thrown);
    process.stderr.write(`baton-connector-sdk: ${error.message}\n`);
    return error.code;
  }
}

async function runNew(words: readonly string[], cwd: string, say: (line: string) => void): Promise<void> {
  const { values, positionals } = parse(words, {
    sdk: { type: "string" },
    "no-install": { type: "boolean" },
  });
  const [name, ...others] = positionals;
  if (name === undefined || others.length > 0) throw usageError("new takes one name, for example acme");
  if (typeof values["sdk"] !== "string" || values["sdk"] === "") {
    throw usageError(
      "--sdk is required: the version of baton-connector-sdk to use, or the path of its .tgz file",
    );
  }
  const { createProject } = await import("./new-project.ts");
  await createProject({ name, sdk: values["sdk"], cwd, install: values["no-install"] !== true, say });
}

async function runBuild(words: readonly string[], cwd: string, say: (line: string) => void): Promise<void> {
  const { values, positionals } = parse(words, {
    "bundle-only": { type: "boolean" },
    "executable-only": { type: "boolean" },
  });
  if (positionals.length > 0) throw usageError("build takes no further arguments");
  if (Number(process.versions.node.split(".")[0]) < OLDEST_BUILDER) {
    throw new BatonError(
      Code.FailedPrecondition,
      `a build needs Node ${OLDEST_BUILDER} or newer, this is ${process.version}; npm run build uses the project's own`,
    );
  }
  const { buildProject } = await import("./build-project.ts");
  const only =
    values["bundle-only"] === true ? "bundle" : values["executable-only"] === true ? "executable" : undefined;
  await buildProject(cwd, only, say);
}

type Options = NonNullable<NonNullable<Parameters<typeof parseArgs>[0]>["options"]>;

function parse(words: readonly string[], options: Options) {
  try {
    return parseArgs({ args: [...words], options, allowPositionals: true });
  } catch (error) {
    throw usageError(messageOf(error));
  }
}

function usageError(problem: string): BatonError {
  return new BatonError(Code.InvalidArgument, `${problem}\n\n${USAGE.trimEnd()}`);
}
