import { toBatonError } from "#kernel/errors.ts";
import { runConnectorService } from "#server/lifecycle.ts";
import { createLogger } from "#telemetry/log-writer.ts";
import { ToyConnector } from "./toy-connector.ts";

// A connector process around the toy company, started by tests the way a host starts one.
try {
  const exitCode = await runConnectorService({
    createConnector: () => new ToyConnector(),
    gates: { provisioning: process.argv.includes("--provisioning"), ticketing: false },
    log: createLogger({ level: "debug" }),
  });
  process.exit(exitCode);
} catch (error) {
  const { message, code } = toBatonError(error);
  process.stderr.write(`${message}\n`);
  process.exit(code);
}
