import { type ClientHttp2Session, connect as connectHttp2, type OutgoingHttpHeaders } from "node:http2";

/** A message as gRPC frames it, right or wrong. */
export function message(bytes: Uint8Array, flags = 0, declared = bytes.length): Buffer {
  const head = Buffer.alloc(5);
  head.writeUInt8(flags, 0);
  head.writeUInt32BE(declared, 1);
  return Buffer.concat([head, bytes]);
}

export interface RawCall {
  /** Default `Validate`. */
  readonly path?: string;
  readonly headers?: OutgoingHttpHeaders;
  /** Pieces of the body. */
  readonly body?: readonly Uint8Array[];
  /** Whether the request is complete after its body; default true. */
  readonly end?: boolean;
}

/**
 * Makes a call with a client that checks nothing.
 *
 * @returns the gRPC status; undefined if the stream or the connection ended without one
 */
export async function rawCall(port: number, call: RawCall): Promise<number | undefined> {
  const session = connectHttp2(`http://127.0.0.1:${port}`);
  session.on("error", () => undefined);
  try {
    return await statusOf(session, call);
  } finally {
    session.destroy();
  }
}

function statusOf(
  session: ClientHttp2Session,
  {
    path = "/c1.connector.v2.ConnectorService/Validate",
    headers,
    body = [message(new Uint8Array())],
    end = true,
  }: RawCall,
): Promise<number | undefined> {
  const { promise, resolve } = Promise.withResolvers<number | undefined>();
  const stream = session.request({
    ":method": "POST",
    ":path": path,
    "content-type": "application/grpc",
    te: "trailers",
    ...headers,
  });
  const see = (seen: { readonly "grpc-status"?: unknown }) => {
    if (seen["grpc-status"] !== undefined) resolve(Number(seen["grpc-status"]));
  };
  stream
    .on("response", see)
    .on("trailers", see)
    .on("error", () => undefined)
    .once("close", () => resolve(undefined))
    .resume();
  for (const piece of body) stream.write(piece);
  if (end) stream.end();
  return promise;
}
