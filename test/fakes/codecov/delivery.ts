import type { ServerResponse } from "node:http";
import type { Clock } from "#kernel/clock.ts";
import type { Answer } from "./answer.ts";
import type { Fault } from "./faults.ts";
import { damageAnswer } from "./fuzz.ts";

/** An answer and the way it travels. */
export interface Delivery {
  readonly answer: Answer;
  /** Ends the connection after so many bytes of the body. */
  readonly cutAfter?: number;
  /** Resets the connection after half of the body, or before the body. */
  readonly resetWithin?: "headers" | "body";
  /** Sends the body in pieces of so many bytes with pauses. */
  readonly trickle?: { readonly bytes: number; readonly everyMs: number };
}

/** What a fault makes of the right answer. */
export function planDelivery(answer: Answer, fault: Fault | undefined, random: () => number): Delivery {
  if (fault === undefined) return { answer };
  switch (fault.kind) {
    case "answer":
      return { answer: replaceAnswer(fault) };
    case "edit":
      return { answer: { ...answer, body: editJson(answer.body, fault.path, fault.value) } };
    case "truncate": {
      const kept = Math.floor(answer.body.length * fault.share);
      if (fault.declare === "whole") return { answer, cutAfter: kept };
      return { answer: { ...answer, body: answer.body.subarray(0, kept) } };
    }
    case "slow":
      return { answer, trickle: fault };
    case "fuzz":
      return damageAnswer(answer, random);
    case "reset":
      return fault.at === "headers" || fault.at === "body" ? { answer, resetWithin: fault.at } : { answer };
    case "change":
    case "delay":
    case "stall":
      return { answer };
  }
}

/** Sends an answer. Returns when all of it was handed to the socket, or the socket is gone. */
export async function deliver(
  outgoing: ServerResponse,
  isHead: boolean,
  delivery: Delivery,
  clock: Clock,
): Promise<void> {
  const { answer, cutAfter, resetWithin, trickle } = delivery;
  outgoing.writeHead(answer.status, { ...answer.headers, "content-length": answer.body.length });
  if (isHead) {
    outgoing.end();
  } else if (cutAfter !== undefined) {
    outgoing.write(answer.body.subarray(0, cutAfter), () => outgoing.socket?.end());
  } else if (resetWithin !== undefined) {
    const sent = resetWithin === "headers" ? 0 : Math.floor(answer.body.length / 2);
    outgoing.flushHeaders();
    outgoing.write(answer.body.subarray(0, sent), () => outgoing.socket?.resetAndDestroy());
  } else if (trickle !== undefined) {
    for (let at = 0; at < answer.body.length && !outgoing.destroyed; at += trickle.bytes) {
      if (at > 0) await clock.sleep(trickle.everyMs);
      outgoing.write(answer.body.subarray(at, at + trickle.bytes));
    }
    outgoing.end();
  } else {
    outgoing.end(answer.body);
  }
}

function replaceAnswer(fault: Extract<Fault, { kind: "answer" }>): Answer {
  const isJson = fault.json !== undefined;
  return {
    status: fault.status,
    headers: { ...(isJson ? { "content-type": "application/json" } : {}), ...fault.headers },
    body: Buffer.from(isJson ? JSON.stringify(fault.json) : fault.text),
  };
}

/** Replaces the value at a path within a JSON text; removes it if the new value is undefined. */
function editJson(body: Buffer, path: readonly (string | number)[], value: unknown): Buffer {
  const root: unknown = JSON.parse(body.toString("utf8"));
  const [last, ...parents] = path.toReversed();
  if (last === undefined) return Buffer.from(JSON.stringify(value) ?? "");
  let target: unknown = root;
  for (const key of parents.toReversed()) target = Reflect.get(Object(target), key);
  if (value === undefined) Reflect.deleteProperty(Object(target), last);
  else Reflect.set(Object(target), last, value);
  return Buffer.from(JSON.stringify(root));
}
