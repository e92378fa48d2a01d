import type { Task } from "#gen/c1/connectorapi/baton/v1/baton.ts";
import type { Any } from "#gen/google/protobuf/any.ts";
import type { CallContext } from "#kernel/context.ts";
import { BatonError, Code } from "#kernel/errors.ts";
import type { LaunchedConnector } from "#launch/launch.ts";
import { packAny } from "#model/annotations.ts";
import type { Success } from "./outcome.ts";

/** The payload of each kind of task. */
export type TaskPayloads = {
  [Kind in NonNullable<Task["taskType"]> as Kind["$case"]]: Kind["value"];
};

/** What a handler works with. */
export interface TaskScope {
  readonly taskId: string;
  readonly connector: LaunchedConnector;
  readonly ctx: CallContext;
}

/** Does what one kind of task asks for, with one response of the connector. */
export interface Handler<Payload> {
  /** Something changes upstream: once it was sent, its outcome has to be known. */
  readonly changes?: boolean;
  /** The refusals of the connector that are reported to C1 as final; none if absent. */
  readonly finalRefusals?: "all" | readonly Code[];
  run(payload: Payload, scope: TaskScope): Promise<Success>;
}

/** The kinds of tasks that are one call to the connector. All others have a way of their own or none. */
export type CallHandlers = { readonly [Kind in keyof TaskPayloads]?: Handler<TaskPayloads[Kind]> };

/** A task that cannot be carried out by anybody. */
export class MalformedTaskError extends BatonError {}

/** @throws MalformedTaskError unless `isThere` */
export function requirePart(isThere: boolean, what: string): asserts isThere {
  if (!isThere) throw new MalformedTaskError(Code.InvalidArgument, `the task lacks ${what}`);
}

/** The connector's response as C1 gets it. */
export function pack<Response extends { readonly annotations: readonly Any[] }>(
  name: string,
  codec: Parameters<typeof packAny<Response>>[1],
  response: Response,
): Success {
  return { response: packAny(`c1.connector.v2.${name}`, codec, response), annotations: response.annotations };
}
