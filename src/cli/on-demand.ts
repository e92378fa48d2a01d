import { systemClock } from "#kernel/clock.ts";
import { type Job, startConnector } from "./job.ts";
import type { SdkConfig } from "./settings.ts";
import { tell } from "./standard-output.ts";
import { makeInvokeActionTask, makeListActionsTask } from "./tasks/actions.ts";
import {
  makeCreateAccountTask,
  makeDeleteTask,
  makeGrantTask,
  makeRevokeTask,
  makeRotateTask,
} from "./tasks/changes.ts";
import { isEventFeedWanted, makeEventFeedTask } from "./tasks/events.ts";
import type { Task } from "./tasks/task.ts";

/**
 * The one thing that the flags ask for, undefined for a sync. The order is that of Go connectors, which only
 * matters for flags that do not exclude each other. An e-mail address alone creates an account, too, where
 * a Go host would run a sync.
 *
 * @throws BatonError if the flags of the task cannot be read
 */
export function findTask(sdk: SdkConfig): Task | undefined {
  if (sdk.grantEntitlement !== undefined) return makeGrantTask(sdk, sdk.grantEntitlement);
  if (sdk.revokeGrant !== undefined) return makeRevokeTask(sdk, sdk.revokeGrant);
  if (isEventFeedWanted(sdk)) return makeEventFeedTask(sdk);
  const { createAccountProfile, createAccountLogin, createAccountEmail } = sdk;
  if ((createAccountProfile ?? createAccountLogin ?? createAccountEmail) !== undefined) {
    return makeCreateAccountTask(sdk);
  }
  if (sdk.invokeAction !== undefined) return makeInvokeActionTask(sdk, sdk.invokeAction);
  if (sdk.listActionSchemas) return makeListActionsTask(sdk);
  if (sdk.deleteResource !== undefined) return makeDeleteTask(sdk, sdk.deleteResource);
  if (sdk.rotateCredentials !== undefined) return makeRotateTask(sdk, sdk.rotateCredentials);
  return undefined;
}

/** Runs a task through a connector of its own and tells what came out. */
export async function runTask(task: Task, job: Job): Promise<number> {
  const { output, signals } = job;
  const connector = await startConnector(job);
  try {
    const { message, fields } = await task(connector, {
      signal: signals.signal,
      log: output.log,
      clock: systemClock,
    });
    output.log.info(message, fields);
    // The log of a terminal holds only what went wrong.
    if (output.live !== undefined) tell(`${job.invocation.redactor.toLine(message)}\n`);
    return 0;
  } finally {
    await connector.close();
  }
}
