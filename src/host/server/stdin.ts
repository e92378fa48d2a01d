import type { Readable } from "node:stream";
import { BatonError, Code } from "#kernel/errors.ts";

const NEWLINE = 0x0a;

/** The two things that a connector process learns from standard input. */
export interface Stdin {
  /** The first line without its end. Rejects with `Unknown` if there is none or it is too long. */
  readonly line: Promise<string>;
  /** Resolves at the end of input or a read error: the host is gone. */
  readonly ended: Promise<void>;
  /** Stops reading, so that an open standard input does not keep the process alive. */
  readonly close: () => void;
}

/**
 * Reads the start-up line and then keeps reading, because only a stream that is read from reports its end.
 * Anything after the line is thrown away.
 */
export function readStdin(stream: Readable, maxBytes: number): Stdin {
  const line = new Promise<string>((resolve, reject) => {
    let head: Buffer = Buffer.alloc(0);
    const refuse = (problem: string) => {
      stream.off("data", collect);
      reject(
        new BatonError(Code.Unknown, `no start-up line on standard input: ${problem}`, {
          kind: "configuration",
        }),
      );
    };
    const collect = (chunk: Buffer | string) => {
      head = Buffer.concat([head, Buffer.from(chunk)]);
      const end = head.indexOf(NEWLINE);
      if ((end < 0 ? head.length : end) >= maxBytes) return refuse(`it is longer than ${maxBytes} bytes`);
      if (end < 0) return;
      stream.off("data", collect);
      resolve(head.toString("latin1", 0, end).replace(/\r$/, ""));
    };
    stream.on("data", collect);
    // Go takes a last line without its newline, too.
    stream.once("end", () =>
      head.length > 0 ? resolve(head.toString("latin1")) : refuse("it ended immediately"),
    );
    stream.once("error", (error) => refuse(error.message));
  });
  const ended = new Promise<void>((resolve) => {
    stream.once("end", resolve);
    stream.once("close", resolve);
    stream.once("error", () => resolve());
  });
  return { line, ended, close: () => void stream.destroy() };
}
