import { BatonError, Code } from "./errors.ts";

/** Environment variables by name. One that is empty counts as not set. */
export type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Reads a variable that says yes or no, in the spellings that Go connectors take; no if it is not set.
 *
 * @throws BatonError Unknown if the value says neither
 */
export function readSwitch(env: Environment, name: string): boolean {
  const text = env[name] ?? "";
  if (/^(1|t|true)$/i.test(text)) return true;
  if (text === "" || /^(0|f|false)$/i.test(text)) return false;
  throw wrongVariable(name, `value must be true or false, not "${text}"`);
}

/**
 * Reads a variable that holds a whole number from 1 on.
 *
 * @param fallback what it means that the variable is not set
 * @throws BatonError Unknown if the value is something else
 */
export function readCount(env: Environment, name: string, fallback: number): number {
  const text = env[name] ?? "";
  if (text === "") return fallback;
  const count = /^\d+$/.test(text) ? Number(text) : Number.NaN;
  if (Number.isSafeInteger(count) && count > 0) return count;
  throw wrongVariable(name, `value must be a positive whole number, not "${text}"`);
}

/** A variable that makes no sense ends the program like any other wrong setting. */
export function wrongVariable(name: string, problem: string): BatonError {
  return new BatonError(Code.Unknown, `${name}: ${problem}`, { kind: "configuration" });
}
