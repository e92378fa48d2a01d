import { doubling, repeat } from "#kernel/backoff.ts";
import type { CallContext } from "#kernel/context.ts";
import { BatonError, Code } from "#kernel/errors.ts";
import type { ConnectorClient } from "#launch/connector-client.ts";
import type { C1Client } from "./c1-client.ts";
import { describeBuild, describeSystem, type ProgramInfo } from "./system-info.ts";

/** Reports to C1 who we are and what the connector can do. */
export async function sayHello(
  c1: Pick<C1Client, "hello">,
  connector: Pick<ConnectorClient, "getMetadata">,
  about: { readonly program: ProgramInfo; readonly taskId: string },
  signal: AbortSignal,
): Promise<void> {
  const [{ metadata: connectorMetadata }, osInfo] = await Promise.all([
    connector.getMetadata({}, signal),
    describeSystem(),
  ]);
  if (connectorMetadata === undefined) {
    throw new BatonError(
      Code.Internal,
      "the connector does not describe itself; this is a bug in the connector",
    );
  }
  const buildInfo = describeBuild(about.program);
  await c1.hello({ taskId: about.taskId, buildInfo, osInfo, connectorMetadata }, signal);
}

const FIRST_WAIT_MS = 1_000;
const LONGEST_WAIT_MS = 5 * 60_000;

/** Answers that trying again would not change. */
const FINAL_CODES: readonly Code[] = [
  Code.InvalidArgument,
  Code.NotFound,
  Code.PermissionDenied,
  Code.FailedPrecondition,
  Code.Unimplemented,
  Code.Unauthenticated,
];

/**
 * Repeats the first `Hello` until C1 accepts it: a C1 that cannot be reached when the program starts is no
 * reason to end.
 *
 * @param onFailed called after each failed attempt
 * @throws BatonError if C1 says that it does not want us.
 */
export async function greetUntilHeard(
  greet: () => Promise<void>,
  ctx: CallContext,
  onFailed?: (error: BatonError) => void,
): Promise<void> {
  const pause = (error: BatonError, attempt: number): number | undefined => {
    ctx.signal.throwIfAborted();
    if (FINAL_CODES.includes(error.code)) return undefined;
    onFailed?.(error);
    return doubling(attempt, FIRST_WAIT_MS, LONGEST_WAIT_MS);
  };
  await repeat({ what: "greeting C1", layer: "platform", pause }, ctx, greet);
}
