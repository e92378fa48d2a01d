import type { BatonServiceFinishTaskRequest as FinishTaskRequest } from "#gen/c1/connectorapi/baton/v1/baton.ts";
import type { Any } from "#gen/google/protobuf/any.ts";
import { type BatonError, Code } from "#kernel/errors.ts";
import type { Redactor } from "#kernel/secret.ts";
import { readStatusDetails } from "#model/status.ts";

/** What a task came to. */
export type Outcome = Success | Failure;

export interface Success {
  readonly response?: Any;
  readonly annotations?: readonly Any[];
}

export interface Failure {
  readonly error: BatonError;
  /** Trying again would end in the same way. */
  readonly nonRetryable: boolean;
  readonly annotations?: readonly Any[];
}

export type FinishRequest = Omit<FinishTaskRequest, "hostId">;

/** C1 takes no more in one message. */
const MAX_ANNOTATIONS = 16;

export function isFailure(outcome: Outcome): outcome is Failure {
  return "error" in outcome;
}

/** The report for C1. Details of the connector's own error, such as why a grant was declined, go along unchanged. */
export function makeFinishRequest(taskId: string, outcome: Outcome, redactor: Redactor): FinishRequest {
  const annotations = [...(outcome.annotations ?? [])].slice(0, MAX_ANNOTATIONS);
  if (!isFailure(outcome)) {
    const value = { annotations, response: outcome.response };
    return { taskId, status: undefined, finalState: { $case: "success", value } };
  }
  const { error, nonRetryable } = outcome;
  const code = error.code === Code.Ok ? Code.Unknown : error.code;
  const status = { code, message: redactor.toLine(error.message), details: [...readStatusDetails(error)] };
  const value = { nonRetryable, annotations, response: undefined };
  return { taskId, status, finalState: { $case: "error", value } };
}
