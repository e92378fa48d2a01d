import { BatonError, Code } from "#kernel/errors.ts";
import { Secret } from "#kernel/secret.ts";
import type { Field } from "./field.ts";
import { findNearest } from "./nearest.ts";
import { parseValue } from "./values.ts";

/** One use of a flag, in whatever spelling it was given. */
export interface FlagUse {
  readonly field: Field;
  readonly text: string;
}

export interface ParsedArguments {
  /** In the order in which they were given. */
  readonly flags: readonly FlagUse[];
  /** The words that are neither flags nor their values; the first one is the command. */
  readonly words: readonly string[];
}

/**
 * Takes a command line apart: `--name value`, `--name=value`, `-n value`, `-n=value`, `-nvalue`, switches
 * together (`-pv`), `--` before words that begin with a dash. Flags may stand before or after the command.
 * Messages never repeat a value, because a mistyped secret could be one.
 */
export function parseArguments(argv: readonly string[], fields: Iterable<Field>): ParsedArguments {
  const byName = new Map<string, Field>();
  const byLetter = new Map<string, Field>();
  for (const field of fields) {
    byName.set(field.name, field);
    if (field.shorthand !== undefined) byLetter.set(field.shorthand, field);
  }
  const flags: FlagUse[] = [];
  const words: string[] = [];
  const rest = [...argv];

  function takeValue(field: Field, spelling: string): string {
    const value = rest.shift();
    if (value !== undefined) return value;
    throw usageError(`${spelling} needs a value: ${spelling} <${field.kind === "int" ? "number" : "text"}>`);
  }

  function takeLong(argument: string): void {
    const equals = argument.indexOf("=");
    const name = equals < 0 ? argument.slice(2) : argument.slice(2, equals);
    const field = byName.get(name);
    if (field === undefined) throw unknownFlag(name, byName.values());
    if (equals >= 0) flags.push({ field, text: argument.slice(equals + 1) });
    else if (field.kind === "bool") takeSwitch(field, `--${name}`);
    else flags.push({ field, text: takeValue(field, `--${name}`) });
  }

  function takeSwitch(field: Field, spelling: string): void {
    const next = rest[0];
    if (next === "true" || next === "false") {
      throw usageError(`${spelling} takes no separate value, write ${spelling}=${next}`);
    }
    flags.push({ field, text: "true" });
  }

  function takeShort(argument: string): void {
    let letters = argument.slice(1);
    while (letters !== "") {
      const letter = letters.charAt(0);
      const field = byLetter.get(letter);
      if (field === undefined) throw usageError(`unknown flag -${letter}, see --help`);
      letters = letters.slice(1);
      if (letters.startsWith("=")) {
        flags.push({ field, text: letters.slice(1) });
        return;
      }
      if (field.kind !== "bool") {
        flags.push({ field, text: letters === "" ? takeValue(field, `-${letter}`) : letters });
        return;
      }
      if (letters === "") takeSwitch(field, `-${letter}`);
      else flags.push({ field, text: "true" });
    }
  }

  for (let argument = rest.shift(); argument !== undefined; argument = rest.shift()) {
    if (argument === "--") {
      words.push(...rest.splice(0));
    } else if (argument.startsWith("--")) {
      takeLong(argument);
    } else if (argument.startsWith("-") && argument !== "-") {
      takeShort(argument);
    } else {
      words.push(argument);
    }
  }
  return { flags, words };
}

/**
 * Refuses a command line that gives a setting for one value several different ones: one of them would be dropped in
 * silence. Spellings of the same value do no harm.
 *
 * @throws BatonError Unknown (exit code 2)
 */
export function refuseContradictions({ flags }: ParsedArguments): void {
  for (const [field, uses] of Map.groupBy(flags, (use) => use.field)) {
    if (field.kind === "list") continue;
    const [first, ...others] = uses.map(({ text }) => readForComparison(field, text));
    if (others.every((value) => value === first)) continue;
    throw usageError(`--${field.name} is given ${uses.length} times with different values; give it once`);
  }
}

function readForComparison(field: Field, text: string): unknown {
  const parsed = parseValue(field, [text]);
  if ("problem" in parsed) return text;
  return parsed.value instanceof Secret ? parsed.value.reveal() : parsed.value;
}

/** A mistake on the command line. Such mistakes end the program with 2, as in a Go connector. */
export function usageError(message: string): BatonError {
  return new BatonError(Code.Unknown, message, { kind: "configuration" });
}

function unknownFlag(name: string, fields: Iterable<Field>): BatonError {
  const nearest = findNearest(
    name,
    [...fields].map((field) => field.name),
  );
  const hint = nearest === undefined ? "see --help" : `did you mean --${nearest}?`;
  return usageError(`unknown flag --${name}, ${hint}`);
}
