import { main } from "#cli/program.ts";
import packageFile from "../../package.json" with { type: "json" };
import { rosterFile } from "./connector.ts";

main({ definition: rosterFile, version: packageFile.version });
