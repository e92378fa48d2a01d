import { constants, type ServerHttp2Stream } from "node:http2";
import { Duplex } from "node:stream";
import { ServerInterceptingCall, type ServerInterceptor } from "@grpc/grpc-js";

/** Ordinary clients send requests in frames of 16 KiB, of which networks make pieces of 1 KiB at least. */
const SMALL_BYTES = 256;

/** Small pieces of one request; what is left over at the ends of frames makes a few. */
const MAX_SMALL_PIECES = 500;

/**
 * Refuses requests in very many very small pieces. Whatever its length, a piece takes some 200 bytes until its request
 * is complete, so that 1 MB in frames of one byte took 200 MB (measured with Node 26.10).
 *
 * Has to be the first of several interceptors. The caller gets `ResourceExhausted`, which is how gRPC reads the reason that
 * HTTP/2 has for this.
 */
export function limitPieces(): ServerInterceptor {
  return (_method, call) => {
    let small = 0;
    const stream = streamOf(call);
    const push = stream.push.bind(stream);
    // Also of a call that waits and whose stream nobody reads yet, hence no listener.
    stream.push = (piece: Buffer | null, encoding?: BufferEncoding) => {
      if (piece !== null && piece.length < SMALL_BYTES) small += 1;
      if (small <= MAX_SMALL_PIECES) return push(piece, encoding);
      stream.close(constants.NGHTTP2_ENHANCE_YOUR_CALM);
      return false;
    };
    return new ServerInterceptingCall(call, {
      start: (next) =>
        next({
          onReceiveMessage: (message, pass) => {
            small = 0;
            pass(message);
          },
        }),
    });
  };
}

/** gRPC does not expose the pieces of a message. Where it keeps the stream of a call was looked up in version 1.14.7. */
function streamOf(call: object): ServerHttp2Stream {
  const stream: unknown = Reflect.get(call, "stream");
  if (isHttp2Stream(stream)) return stream;
  throw new TypeError("this version of gRPC keeps the stream of a call elsewhere");
}

function isHttp2Stream(value: unknown): value is ServerHttp2Stream {
  return value instanceof Duplex && "rstCode" in value;
}
