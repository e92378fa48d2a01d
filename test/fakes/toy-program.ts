import { main } from "#cli/program.ts";
import { toy } from "./toy-definition.ts";

// The toy company as a whole program: a second connector beside Codecov, with the same command line.
main({ definition: toy, version: "0.0.0" });
