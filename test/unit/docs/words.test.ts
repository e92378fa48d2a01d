import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { commandsOf, mainCommand } from "#cli/commands.ts";
import { formatHelp } from "#cli/help-text.ts";
import { codecovProgram } from "#codecov/commands/codecov-program.ts";
import { listDocuments, readDocument, root } from "./snippets.ts";

/** A turn of phrase that a native reader stops at. */
interface Habit {
  readonly habit: string;
  readonly instead: string;
  readonly pattern: RegExp;
  /** Sentences that have it, and sentences that only look like it. */
  readonly refused: readonly string[];
  readonly accepted: readonly string[];
}

/** The ten worst habits. Each pattern refuses nothing that English has a use for. */
const HABITS: readonly Habit[] = [
  {
    habit: "behind, for a place in an order",
    instead: "after, past, following",
    pattern:
      /(?<!\b(?:left|leaves?|leaving) )(?<![-\w])behind\b(?![-`])(?! (?:(?:a|an|the|your|its) )?(?:\w+ )?(?:proxy|firewall|gateway|ingress|load balancer|clock)| that of| Codecov's)/i,
    refused: ["the rows behind the last one", "add it behind compinit"],
    accepted: [
      "run it behind a proxy",
      "files that a killed run left behind",
      "the clock is 5 s behind that of C1",
    ],
  },
  {
    habit: "is no, are no",
    instead: "is not a, are not",
    pattern:
      /(?<!\bthere )\b(?:is|are|was|were) no (?!longer\b|more\b|way\b|need\b|doubt\b|reason\b|\w+er than\b)\w/i,
    refused: ["the file is no socket", "keys that are no settings"],
    accepted: ["there is no such host", "it is no longer an admin", "the file is no larger than that"],
  },
  {
    habit: "is none, are none",
    instead: "is not one, has none, or the noun itself",
    pattern: /(?<!\bthere )\b(?:is|are|was|were) none\b(?! of\b)/i,
    refused: ["of the kind X, which is none for connectors"],
    accepted: ["if there is none", "the group has none"],
  },
  {
    habit: "whoever",
    instead: "anyone who, the person who, or the person's role",
    pattern: /\bwho(?:so)?ever\b/i,
    refused: ["keep the file for whoever looks into it"],
    accepted: ["anyone who has a certificate"],
  },
  {
    habit: "goes on, go on",
    instead: "continues, resumes, keeps running",
    pattern: /\b(?:goes|go|going|gone|went) on\b(?! (?:the|a|an|to the (?:page|list)|standard)\b)/i,
    refused: ["the next run goes on from there", "run it again to go on"],
    accepted: ["the next run resumes it", "the summary goes on standard error"],
  },
  {
    habit: "for ever",
    instead: "forever, indefinitely, without a limit",
    pattern: /\bfor ever\b/i,
    refused: ["the listing would go through its pages for ever"],
    accepted: ["the listing would never end"],
  },
  {
    habit: "in so many words, without a word",
    instead: "explicitly; silently",
    pattern: /\bin so many words\b|\bwithout a word\b(?! (?:character|boundary))/i,
    refused: ["it is allowed in so many words", "the first is dropped without a word"],
    accepted: ["it is allowed explicitly", "a name without a word character"],
  },
  {
    habit: "asks for patience, asks for a pause, lets nothing through",
    instead: "is rate limiting, is unavailable",
    pattern: /\bask(?:s|ed|ing)? for (?:patience|a pause)\b|\blet(?:s|ting)? nothing through\b/i,
    refused: ["Codecov asked for a pause until noon", "an upstream that lets nothing through"],
    accepted: ["Codecov is rate limiting until noon"],
  },
  {
    habit: "begins anew, is thrown away",
    instead: "starts over; is discarded",
    pattern: /\b(?:begins?|began|begun|beginning) anew\b|\bthrow(?:n|s|ing)? away\b/i,
    refused: ["the next sync begins anew", "the unfinished sync is thrown away"],
    accepted: ["the next sync starts over", "the unfinished sync is discarded"],
  },
  {
    habit: "the sync before, the one before",
    instead: "the previous sync",
    pattern: /\bthe (?:sync|run|page|one|row) before\b(?=[.,;:)]|$| (?:has|is|was|in|and)\b)/i,
    refused: ["the sync before is not compared", "unlike the one before"],
    accepted: ["the sync before this day", "the run before the upgrade"],
  },
];

describe("the ten habits", () => {
  test.each(HABITS)("$habit: write $instead", ({ pattern, refused, accepted }) => {
    expect(HABITS).toHaveLength(10);
    expect(refused.filter((sentence) => !pattern.test(sentence))).toEqual([]);
    expect(accepted.filter((sentence) => pattern.test(sentence))).toEqual([]);
  });
});

/** Every place in a text that has one of the habits, with what to write instead. */
function findHabits(place: string, text: string): string[] {
  const line = text.replaceAll(/\s+/g, " ");
  return HABITS.flatMap(({ pattern, instead }) =>
    [...line.matchAll(new RegExp(pattern.source, "gi"))].map(({ index }) => {
      const excerpt = line.slice(Math.max(0, index - 40), index + 50);
      return `${place}: …${excerpt}… (write: ${instead})`;
    }),
  );
}

test("no document has them", () => {
  expect(listDocuments().flatMap((path) => findHabits(path, readDocument(path)))).toEqual([]);
});

test("no help has them, neither the program's nor a command's", () => {
  const commands = commandsOf(codecovProgram);
  const subject = { definition: codecovProgram.definition, main: mainCommand, commands };
  const helps = [undefined, ...commands].map((command) => formatHelp(subject, command));
  expect(helps.filter((help) => help.includes("Usage:"))).toHaveLength(commands.length + 1);
  expect(helps.flatMap((help) => findHabits("help", help))).toEqual([]);
});

/** The strings and templates of a source that say something: at least two words. Comments are left out. */
function sentencesOf(source: string): string[] {
  const code = source.replaceAll(/^\s*(?:\*|\/\*|\/\/).*$/gm, "");
  const literals = code.matchAll(/"((?:[^"\\\n]|\\.)*)"|`((?:[^`\\]|\\.)*)`/g);
  return [...literals]
    .map(([, text, template]) => text ?? template?.replaceAll(/\$\{[^}]*\}/g, " X ").trim() ?? "")
    .filter((text) => /\p{L} \p{L}/u.test(text));
}

test("the sentences of a source are found, and its comments are not", () => {
  const source = [
    "/** The rows behind it. */",
    "// behind",
    'const a = "no more room";',
    `fail(\`\${x} is lost\`);`,
  ];
  expect(sentencesOf(source.join("\n"))).toEqual(["no more room", "X  is lost"]);
});

test("no message, help text, setting or label of the sources has them", () => {
  const paths = execFileSync("git", ["ls-files", "src/*.ts"], { cwd: root, encoding: "utf8" })
    .trim()
    .split("\n");
  expect(paths.length).toBeGreaterThan(100);
  const found = paths.flatMap((path) =>
    sentencesOf(readFileSync(join(root, path), "utf8")).flatMap((text) => findHabits(path, text)),
  );
  expect(found).toEqual([]);
});
