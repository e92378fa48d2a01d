import { ServerInterceptingCall, type ServerInterceptor } from "@grpc/grpc-js";
import type { Clock } from "#kernel/clock.ts";
import { Code } from "#kernel/errors.ts";

/**
 * Ends calls whose caller has opened them and then says nothing: they have no handler yet, so nothing else bounds
 * them, and each takes one of the calls that a connection may have.
 *
 * @param limitMs milliseconds until the first message, or the end of the request, has to be there
 */
export function limitFirstMessage(limitMs: number, clock: Clock): ServerInterceptor {
  return (_method, call) => {
    const arrived = new AbortController();
    const expire = () => {
      const details = `no message arrived within ${limitMs / 1000} s`;
      call.sendStatus({ code: Code.DeadlineExceeded, details });
    };
    return new ServerInterceptingCall(call, {
      start: (next) =>
        next({
          onReceiveMetadata: (metadata, pass) => {
            clock.sleep(limitMs, arrived.signal).then(expire, () => undefined);
            pass(metadata);
          },
          onReceiveMessage: (message, pass) => {
            arrived.abort();
            pass(message);
          },
          onReceiveHalfClose: (pass) => {
            arrived.abort();
            pass();
          },
          onCancel: () => arrived.abort(),
        }),
    });
  };
}
