import { systemClock } from "#kernel/clock.ts";
import type { ConnectorDefinition } from "#runtime/connector.ts";
import { type Job, startConnector } from "../job.ts";
import type { SdkConfig } from "../load-settings.ts";
import { tell } from "../standard-output.ts";
import { makeInvokeActionTask, makeListActionsTask } from "./action-flags.ts";
import {
  makeCreateAccountTask,
  makeDeleteTask,
  makeGrantTask,
  makeRevokeTask,
  makeRotateTask,
} from "./change-flags.ts";
import { isEventFeedWanted, makeEventFeedTask } from "./event-flags.ts";
import type { OnDemandTask } from "./on-demand-task.ts";

/**
 * The one thing that the flags ask for, undefined for a sync. The order is that of Go connectors, which only
 * matters for flags that do not exclude each other. An e-mail address alone creates an account, too, where
 * a Go host would run a sync.
 *
 * @throws BatonError if the flags of the task cannot be read
 */
export function findTask(
  sdk: SdkConfig,
  { changeNotes: notes = {} }: ConnectorDefinition,
): OnDemandTask | undefined {
  if (sdk.grantEntitlements.length > 0) return makeGrantTask(sdk);
  if (sdk.revokeGrants.length > 0) return makeRevokeTask(sdk, notes);
  if (isEventFeedWanted(sdk)) return makeEventFeedTask(sdk);
  const { createAccountProfile, createAccountLogin, createAccountEmail } = sdk;
  if ((createAccountProfile ?? createAccountLogin ?? createAccountEmail) !== undefined) {
    return makeCreateAccountTask(sdk);
  }
  if (sdk.invokeAction !== undefined) return makeInvokeActionTask(sdk, sdk.invokeAction, notes);
  if (sdk.listActionSchemas) return makeListActionsTask(sdk);
  if (sdk.deleteResources.length > 0) return makeDeleteTask(sdk);
  if (sdk.rotateCredentials.length > 0) return makeRotateTask(sdk);
  return undefined;
}

/** Runs a task through a connector of its own and prints its results, and the notes about them at the end. */
export async function runTask(task: OnDemandTask, job: Job): Promise<number> {
  const { output, signals, invocation } = job;
  const toPeople = (text: string): void => {
    // The log of a terminal holds only what went wrong.
    if (output.tellsPeople) tell(`${invocation.redactor.toLine(text)}\n`);
  };
  const notes = new Set<string>();
  const connector = await startConnector(job);
  try {
    await task(connector, {
      signal: signals.signal,
      log: output.log,
      clock: systemClock,
      span: job.span,
      metrics: job.metrics,
      report: ({ message, fields, notes: own = [] }) => {
        output.log.info(message, own.length === 0 ? fields : { ...fields, note: own.join("; ") });
        toPeople(message);
        for (const note of own) notes.add(note);
      },
    });
    return 0;
  } finally {
    // Also if a later change has failed.
    for (const note of notes) toPeople(`note: ${note}`);
    await connector.close();
  }
}
