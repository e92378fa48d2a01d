import type { CallContext } from "#kernel/context.ts";
import type { CodecovCall } from "./api.ts";

/** What everything that reads or changes something in Codecov asks for the API. */
export interface ApiAccess {
  /**
   * The API for one call of the host.
   *
   * @param maxWaitMs longest time that its requests spend waiting for a busy Codecov, all together
   * @throws BatonError InvalidArgument for unusable settings
   */
  forCall(ctx: CallContext, maxWaitMs?: number): Promise<CodecovCall>;
}
