import { readFile } from "node:fs/promises";
import { z } from "zod";
import { BatonError, Code } from "#kernel/errors.ts";

const Roster = z.object({
  people: z.array(z.object({ login: z.string().min(1), name: z.string(), active: z.boolean() })),
  teams: z.array(z.object({ name: z.string().min(1), members: z.array(z.string()) })),
});

export type Roster = z.infer<typeof Roster>;

/** Reads the "upstream". Knows files and their shape, and nothing of connectors. */
export async function readRoster(path: string, signal: AbortSignal): Promise<Roster> {
  let text: string;
  try {
    text = await readFile(path, { encoding: "utf8", signal });
  } catch (error) {
    signal.throwIfAborted();
    throw new BatonError(Code.FailedPrecondition, `cannot read ${path}: check --roster-file`, {
      cause: error,
    });
  }
  try {
    return Roster.parse(JSON.parse(text));
  } catch (error) {
    const detail = error instanceof z.ZodError ? z.prettifyError(error) : String(error);
    throw new BatonError(Code.FailedPrecondition, `${path} is not a roster: ${detail}`, { cause: error });
  }
}
