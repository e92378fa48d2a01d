import { get } from "node:http";
import { loadFields } from "#config/load.ts";
import { BatonError, Code } from "#kernel/errors.ts";
import { describeReason } from "#kernel/system-error.ts";
import type { Invocation } from "../command.ts";
import { healthCheckFields } from "../command-flags.ts";
import { loadSettings } from "../load-settings.ts";

/**
 * `health-check`: asks the health endpoint of a running program, for container probes. Exit codes are those
 * of Go connectors: an unhealthy answer 2, an unknown host 3, no response in time 4, no connection 14.
 */
export async function run(invocation: Invocation): Promise<number> {
  const { sdk, sources } = await loadSettings(invocation);
  const { endpoint, timeout } = loadFields(healthCheckFields, [], sources);
  const host = sdk.healthCheckBindAddress.includes(":")
    ? `[${sdk.healthCheckBindAddress}]`
    : sdk.healthCheckBindAddress;
  const url = `http://${host}:${sdk.healthCheckPort}/${endpoint}`;
  const status = await requestStatus(url, timeout * 1000);
  if (status === 200) return 0;
  throw new BatonError(
    Code.Unknown,
    `${url} returned HTTP status ${status}: unhealthy; see the log of that instance`,
  );
}

function requestStatus(url: string, timeoutMs: number): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    const signal = AbortSignal.timeout(timeoutMs);
    const request = get(url, { agent: false, signal }, (response) => {
      response.resume();
      resolve(response.statusCode);
    });
    request.once("error", (error) => reject(explainFailure(error, url, signal.aborted)));
  });
}

function explainFailure(error: Error, url: string, timedOut: boolean): BatonError {
  if (timedOut)
    return new BatonError(Code.DeadlineExceeded, `${url} did not respond in time`, { cause: error });
  const reason = "code" in error ? error.code : undefined;
  if (reason === "ENOTFOUND") {
    return new BatonError(Code.InvalidArgument, `there is no such host: ${url}`, { cause: error });
  }
  const detail =
    reason === "ECONNREFUSED"
      ? "nothing is listening there; is it running with --health-check?"
      : describeReason(error);
  return new BatonError(Code.Unavailable, `cannot reach ${url}: ${detail}`, { cause: error });
}
