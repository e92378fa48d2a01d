import { run } from "#package/index.ts";
import packageFile from "../../package.json" with { type: "json" };
import { acme } from "./connector.ts";

run(acme, { version: packageFile.version });
