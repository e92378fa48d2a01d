import { startAcme, TOKEN } from "./upstream.ts";

const { url } = await startAcme();
process.stdout.write(`export BATON_ACME_BASE_URL=${url} BATON_ACME_TOKEN=${TOKEN}\n`);
