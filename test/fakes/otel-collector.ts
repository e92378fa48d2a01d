import { BinaryReader, WireType } from "@bufbuild/protobuf/wire";
import { Server, ServerCredentials } from "@grpc/grpc-js";
import { createServerCertificate } from "./certificates.ts";

export interface CollectedSpan {
  readonly name: string;
  readonly traceId: string;
  readonly spanId: string;
  /** Empty for the first span of a trace. */
  readonly parentId: string;
  /** 1 internal, 2 server, 3 client. */
  readonly kind: number;
  readonly attributes: Readonly<Record<string, Value>>;
  /** What went wrong; undefined if nothing did. */
  readonly failure: string | undefined;
  readonly service: Value;
  readonly resource: Attributes;
}

export interface CollectedLog {
  readonly body: Value;
  readonly severity: string;
  readonly traceId: string;
  readonly spanId: string;
  readonly attributes: Readonly<Record<string, Value>>;
  readonly service: Value;
}

/** One point of a metric, as it was exported. */
export interface CollectedPoint {
  readonly metric: string;
  readonly unit: string;
  readonly kind: "counter" | "gauge";
  readonly attributes: Attributes;
  readonly value: number;
  readonly resource: Attributes;
}

type Attributes = Readonly<Record<string, Value>>;

type Value = string | number | boolean | undefined;

/** A collector that keeps what it gets over OTLP/gRPC, on a port of its own. */
export interface OtelCollector extends AsyncDisposable {
  readonly port: number;
  /** Trust this for TLS; PEM. */
  readonly certificate: string;
  readonly spans: CollectedSpan[];
  readonly logs: CollectedLog[];
  /** Every point of every export, oldest first. */
  readonly points: CollectedPoint[];
  /** The last value of a series, over all exports; undefined if there never was one. */
  latest(metric: string, attributes?: Attributes): number | undefined;
  /** All bytes that were received, as text. */
  readonly received: string[];
}

const STATUS_ERROR = 2n;

export interface CollectorOptions {
  readonly tls: boolean;
  /** As of a collector that has no pipeline for metrics; false if absent. */
  readonly refusesMetrics?: boolean;
}

export async function startOtelCollector(options: CollectorOptions): Promise<OtelCollector> {
  const { key, cert } = createServerCertificate();
  const spans: CollectedSpan[] = [];
  const logs: CollectedLog[] = [];
  const points: CollectedPoint[] = [];
  const received: string[] = [];
  const server = new Server();
  const serve = (path: string, take: (request: Message) => void) => {
    const same = (bytes: Buffer) => bytes;
    const handle = (
      call: { readonly request: Buffer },
      respond: (error: null, answer: Buffer) => void,
    ): void => {
      received.push(call.request.toString("latin1"));
      take(new Message(call.request));
      respond(null, Buffer.alloc(0));
    };
    server.register(path, handle, same, same, "unary");
  };
  serve("/opentelemetry.proto.collector.trace.v1.TraceService/Export", (request) => {
    for (const { resource, item } of itemsOf(request)) spans.push(toSpan(item, resource));
  });
  serve("/opentelemetry.proto.collector.logs.v1.LogsService/Export", (request) => {
    for (const { resource, item } of itemsOf(request)) logs.push(toLog(item, resource["service.name"]));
  });
  if (options.refusesMetrics !== true) {
    serve("/opentelemetry.proto.collector.metrics.v1.MetricsService/Export", (request) => {
      for (const { resource, item } of itemsOf(request)) points.push(...toPoints(item, resource));
    });
  }
  const credentials = options.tls
    ? ServerCredentials.createSsl(null, [{ private_key: Buffer.from(key), cert_chain: Buffer.from(cert) }])
    : ServerCredentials.createInsecure();
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync("127.0.0.1:0", credentials, (error, bound) => {
      if (error === null) resolve(bound);
      else reject(error);
    });
  });
  return {
    port,
    certificate: cert,
    spans,
    logs,
    points,
    latest: (metric, attributes = {}) =>
      points.findLast(
        (point) =>
          point.metric === metric &&
          Object.entries(attributes).every(([name, value]) => point.attributes[name] === value),
      )?.value,
    received,
    async [Symbol.asyncDispose]() {
      server.forceShutdown();
    },
  };
}

/** Spans, log records or metrics: all lie in scopes, and those in resources. */
function itemsOf(request: Message): { resource: Attributes; item: Message }[] {
  return request.messages(1).flatMap((part) => {
    const resource = attributesOf(part.message(1), 1);
    return part.messages(2).flatMap((scope) => scope.messages(2).map((item) => ({ resource, item })));
  });
}

function toPoints(metric: Message, resource: Attributes): CollectedPoint[] {
  const kind = metric.has(7) ? "counter" : "gauge";
  return metric
    .message(kind === "counter" ? 7 : 5)
    .messages(1)
    .map((point) => ({
      metric: metric.text(1),
      unit: metric.text(3),
      kind,
      attributes: attributesOf(point, 7),
      value: point.has(4) ? point.double(4) : Number(BigInt.asIntN(64, point.number(6))),
      resource,
    }));
}

function toSpan(span: Message, resource: Attributes): CollectedSpan {
  const status = span.message(15);
  return {
    traceId: span.hex(1),
    spanId: span.hex(2),
    parentId: span.hex(4),
    name: span.text(5),
    kind: Number(span.number(6)),
    attributes: attributesOf(span, 9),
    failure: status.number(3) === STATUS_ERROR ? status.text(2) : undefined,
    service: resource["service.name"],
    resource,
  };
}

function toLog(record: Message, service: Value): CollectedLog {
  return {
    severity: record.text(3),
    body: toValue(record.message(5)),
    attributes: attributesOf(record, 6),
    traceId: record.hex(9),
    spanId: record.hex(10),
    service,
  };
}

function attributesOf(owner: Message, field: number): Record<string, Value> {
  return Object.fromEntries(owner.messages(field).map((pair) => [pair.text(1), toValue(pair.message(2))]));
}

/** Texts, booleans and whole numbers; tests look at no others. */
function toValue(value: Message): Value {
  if (value.has(1)) return value.text(1);
  if (value.has(2)) return value.number(2) === 1n;
  return value.has(3) ? Number(value.number(3)) : undefined;
}

/** A protobuf message read without its schema, by field numbers. */
class Message {
  readonly #fields = new Map<number, (bigint | Uint8Array)[]>();

  constructor(bytes: Uint8Array) {
    const reader = new BinaryReader(bytes);
    while (reader.pos < reader.len) {
      const [field, type] = reader.tag();
      const values = this.#fields.get(field) ?? [];
      this.#fields.set(field, values);
      if (type === WireType.LengthDelimited) values.push(reader.bytes());
      else if (type === WireType.Varint) values.push(BigInt(reader.uint64()));
      else if (type === WireType.Bit64) values.push(BigInt(reader.fixed64()));
      else reader.skip(type, field);
    }
  }

  has(field: number): boolean {
    return this.#fields.has(field);
  }

  number(field: number): bigint {
    const value = this.#fields.get(field)?.[0];
    return typeof value === "bigint" ? value : 0n;
  }

  double(field: number): number {
    const view = new DataView(new ArrayBuffer(8));
    view.setBigUint64(0, this.number(field));
    return view.getFloat64(0);
  }

  text(field: number): string {
    return this.#bytes(field).toString();
  }

  hex(field: number): string {
    return this.#bytes(field).toString("hex");
  }

  message(field: number): Message {
    return new Message(this.#bytes(field));
  }

  messages(field: number): Message[] {
    const values = this.#fields.get(field) ?? [];
    return values.filter((value) => typeof value !== "bigint").map((bytes) => new Message(bytes));
  }

  #bytes(field: number): Buffer {
    const value = this.#fields.get(field)?.[0];
    return typeof value === "object" ? Buffer.from(value) : Buffer.alloc(0);
  }
}
