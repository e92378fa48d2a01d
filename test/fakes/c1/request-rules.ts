import type {
  BatonServiceFinishTaskRequest,
  BatonServiceHeartbeatRequest,
  BatonServiceHelloRequest,
} from "#gen/c1/connectorapi/baton/v1/baton.ts";

/** What C1 expects of requests: each function says what is wrong, or nothing. */

const MAX_TEXT = 256;
const MAX_ANNOTATIONS = 16;
const MAX_NAME_BYTES = 1024;
const MAX_DESCRIPTION_BYTES = 4096;

export function checkHostId(hostId: string): string | undefined {
  return hostId.length >= 1 && hostId.length <= MAX_TEXT ? undefined : "host_id: 1 to 256 characters";
}

export function checkTaskId(taskId: string): string | undefined {
  return /^[a-zA-Z0-9]{27}$/.test(taskId) ? undefined : "task_id: 27 letters and digits";
}

export function checkHello(request: BatonServiceHelloRequest): string | undefined {
  const { buildInfo, osInfo, connectorMetadata, annotations } = request;
  if (annotations.length > MAX_ANNOTATIONS) return "annotations: at most 16";
  if (connectorMetadata === undefined) return "connector_metadata: required";
  const { displayName, description, helpUrl } = connectorMetadata;
  if (displayName === "" || Buffer.byteLength(displayName) > MAX_NAME_BYTES)
    return "display_name: 1 to 1024 bytes";
  if (Buffer.byteLength(description) > MAX_DESCRIPTION_BYTES) return "description: up to 4096 bytes";
  if (helpUrl !== "" && !helpUrl.startsWith("https://")) return "help_url: https";
  return checkTexts("build_info", buildInfo) ?? checkTexts("os_info", osInfo);
}

function checkTexts(name: string, message: object | undefined): string | undefined {
  if (message === undefined) return `${name}: missing`;
  for (const [key, value] of Object.entries(message)) {
    if (typeof value !== "string") continue;
    if (value === "" || value.length > MAX_TEXT) return `${name}.${key}: 1 to 256 characters`;
  }
  return undefined;
}

export function checkHeartbeat({ taskId, taskIds }: BatonServiceHeartbeatRequest): string | undefined {
  return taskIds.length > 100 ? "task_ids: at most 100" : checkTaskId(taskId);
}

export function checkFinish(request: BatonServiceFinishTaskRequest): string | undefined {
  const { taskId, status, finalState } = request;
  if (finalState === undefined) return "final_state: required";
  if (finalState.value.annotations.length > MAX_ANNOTATIONS) return "annotations: at most 16";
  if (finalState.$case === "success" && status !== undefined) return "status: none after a success";
  if (finalState.$case === "error" && (status === undefined || status.code === 0)) return "status: required";
  return checkTaskId(taskId);
}
