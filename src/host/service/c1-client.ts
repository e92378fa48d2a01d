import {
  type BatonServiceFinishTaskRequest,
  type BatonServiceGetTaskResponse,
  type BatonServiceHeartbeatResponse,
  BatonServiceHelloRequest,
  BatonServiceService,
  type BatonServiceUploadAssetRequest,
} from "#gen/c1/connectorapi/baton/v1/baton.ts";
import type { C1Channel } from "./c1-channel.ts";

/** C1 as this instance sees it: each request says which instance it comes from. */
export class C1Client {
  readonly #channel: C1Channel;
  readonly #hostId: string;

  constructor(channel: C1Channel, hostId: string) {
    this.#channel = channel;
    this.#hostId = hostId;
  }

  async hello(about: Omit<BatonServiceHelloRequest, "hostId" | "annotations">, signal: AbortSignal) {
    const request = BatonServiceHelloRequest.fromPartial({ ...about, hostId: this.#hostId });
    await this.#channel.unary(BatonServiceService.hello, request, signal);
  }

  getTask(signal: AbortSignal): Promise<BatonServiceGetTaskResponse> {
    return this.#channel.unary(BatonServiceService.getTask, { hostId: this.#hostId }, signal);
  }

  heartbeat(taskId: string, signal: AbortSignal): Promise<BatonServiceHeartbeatResponse> {
    const request = { hostId: this.#hostId, taskId, annotations: [], taskIds: [] };
    return this.#channel.unary(BatonServiceService.heartbeat, request, signal);
  }

  async finishTask(result: Omit<BatonServiceFinishTaskRequest, "hostId">, signal: AbortSignal) {
    await this.#channel.unary(BatonServiceService.finishTask, { ...result, hostId: this.#hostId }, signal);
  }

  /** @param content what comes between the announcement and the end of the upload; read anew on a second call */
  async uploadAsset(
    taskId: string,
    content: () => AsyncIterable<Buffer>,
    sha256Checksum: Buffer,
    signal: AbortSignal,
  ) {
    const metadata = { hostId: this.#hostId, taskId, annotations: [] };
    async function* messages(): AsyncGenerator<BatonServiceUploadAssetRequest> {
      yield { msg: { $case: "metadata", value: metadata } };
      for await (const data of content()) yield { msg: { $case: "data", value: { data } } };
      yield { msg: { $case: "eof", value: { sha256Checksum, annotations: [] } } };
    }
    await this.#channel.stream(BatonServiceService.uploadAsset, messages, signal);
  }
}
