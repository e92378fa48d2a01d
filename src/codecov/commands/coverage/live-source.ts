import type { Job } from "#cli/job.ts";
import { loadConnectorConfig } from "#cli/load-settings.ts";
import { CodecovConnection } from "#codecov/connection.ts";
import type { Organization } from "#codecov/coverage/model/ledger.ts";
import type { CodecovConfig } from "#codecov/fields.ts";
import { systemClock } from "#kernel/clock.ts";
import type { CallContext } from "#kernel/context.ts";
import { organizationOf } from "./configured-organization.ts";

/** Codecov under the connector's own settings, to read only. */
export interface LiveSource extends AsyncDisposable {
  readonly organization: Organization;
  readonly connection: CodecovConnection;
  readonly ctx: CallContext;
}

/** Opens it without asking anything. */
export function openLiveSource({ invocation, settings, output, signals, metrics, span }: Job): LiveSource {
  const config = loadConnectorConfig(invocation, settings) as CodecovConfig;
  const { redactor } = invocation;
  const connection = new CodecovConnection(config, {
    provisioning: false,
    httpTimeoutMs: settings.sdk.httpTimeoutSeconds * 1_000,
    registerSecret: (secret) => redactor.register(secret),
    redact: (text) => redactor.redact(text),
  });
  return {
    organization: organizationOf(config),
    connection,
    ctx: { signal: signals.signal, log: output.log, clock: systemClock, span, metrics },
    [Symbol.asyncDispose]: () => connection.close(),
  };
}
