/** Commands have one word or two: `report`, `coverage`, `coverage sync`. The longest match of the words given wins. */

import { usageError } from "#config/arguments.ts";
import { findNearest } from "#config/nearest.ts";
import type { Command } from "./command.ts";

/** A command and the words that were given after its name. */
export interface FoundCommand {
  readonly command: Command;
  readonly rest: readonly string[];
}

/** The command whose name the words begin with; undefined if none has that name. */
export function findCommand(
  commands: readonly Command[],
  words: readonly string[],
): FoundCommand | undefined {
  for (const count of [2, 1]) {
    if (words.length < count) continue;
    const name = words.slice(0, count).join(" ");
    const command = commands.find((candidate) => candidate.name === name);
    if (command !== undefined) return { command, rest: words.slice(count) };
  }
  return undefined;
}

/** The commands that begin with the word `group` and have a second one. */
export function subcommandsOf(commands: readonly Command[], group: string): readonly Command[] {
  return commands.filter(({ name }) => name.startsWith(`${group} `));
}

/** Their second words. */
export function secondWordsOf(commands: readonly Command[], group: string): readonly string[] {
  return subcommandsOf(commands, group).map(({ name }) => name.slice(group.length + 1));
}

/** The first words of all commands, each once and in their order. */
export function firstWordsOf(commands: readonly Command[]): readonly string[] {
  return [...new Set(commands.map(({ name }) => firstWordOf(name)))];
}

function firstWordOf(name: string): string {
  return name.split(" ", 1).join();
}

/**
 * What to say to words that are no command, or to a word after a group that is none of its commands.
 *
 * @param program its name
 */
export function describeUnknownCommand(
  program: string,
  commands: readonly Command[],
  [first = "", second]: readonly string[],
): Error {
  const visible = commands.filter(({ hidden }) => hidden !== true);
  const isGroup = subcommandsOf(visible, first).length > 0;
  if (isGroup && second === undefined) {
    const choices = secondWordsOf(visible, first).join(", ");
    return usageError(`${program} ${first} needs one of ${choices}, see --help`);
  }
  const given = isGroup ? [first, second ?? ""] : [first];
  // A stray word can be a secret that lost its flag, so only plain words are repeated.
  const shown = given.every((word) => /^[a-z_-]{1,20}$/i.test(word)) ? ` "${given.join(" ")}"` : "";
  const nearest = isGroup ? nearestIn(visible, first, second ?? "") : nearestTo(visible, first, second);
  if (nearest !== undefined) {
    return usageError(`unknown command${shown} for "${program}", did you mean ${nearest}?`);
  }
  return usageError(`unknown command${shown} for "${program}", see ${isGroup ? `${first} ` : ""}--help`);
}

/** The command of a group whose second word is close to the one given. */
function nearestIn(commands: readonly Command[], group: string, word: string): string | undefined {
  const nearest = findNearest(word, secondWordsOf(commands, group));
  return nearest === undefined ? undefined : `${group} ${nearest}`;
}

/** A command with two words counts only if both are close to those given. */
function nearestTo(
  commands: readonly Command[],
  first: string,
  second: string | undefined,
): string | undefined {
  const nearest = findNearest(first, firstWordsOf(commands));
  if (nearest === undefined || second === undefined) return nearest;
  return nearestIn(commands, nearest, second) ?? nearest;
}
