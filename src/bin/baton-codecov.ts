import { main } from "#cli/program.ts";
import { codecov } from "#connectors/codecov/index.ts";
import packageFile from "../../package.json" with { type: "json" };

main({ definition: codecov, version: packageFile.version });
