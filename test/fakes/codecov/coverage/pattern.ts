import { ServerFailure } from "../answer.ts";

/** Whether a pattern fits the beginning of a text. @throws ServerFailure if it is none. */
export function matchesAtStart(pattern: string, text: string): boolean {
  try {
    return new RegExp(`^(?:${pattern})`).test(text);
  } catch {
    throw new ServerFailure(`not a pattern: ${pattern}`);
  }
}
