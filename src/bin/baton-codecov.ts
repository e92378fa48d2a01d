import { main } from "#cli/program.ts";
import { codecovProgram } from "#codecov/commands/codecov-program.ts";
import packageFile from "../../package.json" with { type: "json" };

/** The build puts the commit here, or `unknown`; there is no such variable where sources run as they are. */
declare const BUILD_COMMIT: string | undefined;

const commit = typeof BUILD_COMMIT === "undefined" ? undefined : BUILD_COMMIT;
main({ ...codecovProgram, version: packageFile.version, commit });
