/** The imaginary company of the runtime's tests as a whole program: connector process, host and command line. */

import { main } from "#cli/program.ts";
import { ToyConnector } from "../fakes/toy-connector.ts";

main({
  definition: {
    name: "toy",
    displayName: "Toy",
    description: "An imaginary company.",
    fields: {},
    constraints: [],
    exampleConfig: {},
    create: () => new ToyConnector(),
  },
  version: "0.0.0",
});
