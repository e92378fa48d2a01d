import type { Answer } from "./answer.ts";
import type { Delivery } from "./delivery.ts";

type Damage = (answer: Answer, random: () => number) => Delivery;

/**
 * Damages an answer in a random way. Every damage can be noticed: a value of the wrong type, a missing key,
 * broken JSON, a connection that ends early, something that is not JSON at all. None of them merely changes a
 * text into another text, because nobody could notice that.
 */
export function damageAnswer(answer: Answer, random: () => number): Delivery {
  return pick(DAMAGES, random)(answer, random);
}

const DAMAGES: readonly Damage[] = [
  cutOff,
  cutOffQuietly,
  (answer) => withBody(answer, Buffer.alloc(0)),
  (answer) =>
    withBody(answer, Buffer.from("<html><body>Bad gateway</body></html>"), { "content-type": "text/html" }),
  (answer) => withBody(answer, Buffer.concat([answer.body, Buffer.from('{"count":0}')])),
  (answer) => withBody(answer, Buffer.concat([Buffer.from([0xff, 0xfe]), answer.body])),
  (answer, random) => withBody(answer, randomBytes(1 + Math.floor(random() * 2000), random)),
  (answer, random) => withBody(answer, Buffer.from(pick(["null", "[]", "true", "42", '"ok"', "{}"], random))),
  (answer) => ({ answer: { ...answer, headers: { ...answer.headers, "content-encoding": "gzip" } } }),
  (answer) => withBody(answer, Buffer.from("[".repeat(20_000))),
  invalidUtf8,
  damageEnvelope,
  damageRow,
  damageRow,
];

const WRONG_VALUES: readonly unknown[] = [17, [], {}, [null], { "": {} }];

function cutOff(answer: Answer, random: () => number): Delivery {
  return { answer, cutAfter: Math.floor(random() * answer.body.length) };
}

function cutOffQuietly(answer: Answer, random: () => number): Delivery {
  return withBody(answer, answer.body.subarray(0, Math.floor(random() * answer.body.length)));
}

/** A byte that is not UTF-8, within the text of the first row. */
function invalidUtf8(answer: Answer): Delivery {
  const marker = Buffer.from('"username":"');
  const at = answer.body.indexOf(marker);
  if (at < 0) return withBody(answer, Buffer.from([0xc3, 0x28]));
  const start = at + marker.length;
  return withBody(
    answer,
    Buffer.concat([answer.body.subarray(0, start), Buffer.from([0xc3]), answer.body.subarray(start)]),
  );
}

/** One key of the outermost object missing or of a wrong type. */
function damageEnvelope(answer: Answer, random: () => number): Delivery {
  return damageObject(answer, random, (value) => value);
}

/** The same one level down, in a random row; or a row that is no object. */
function damageRow(answer: Answer, random: () => number): Delivery {
  return damageObject(answer, random, (value) => {
    const rows = value["results"];
    if (!Array.isArray(rows) || rows.length === 0) return value;
    const index = Math.floor(random() * rows.length);
    const row: unknown = rows[index];
    if (random() < 0.8 && isObject(row)) return row;
    rows[index] = pick([null, 5, "row", [], {}], random);
    return undefined;
  });
}

/** `results`, `count`, and every key of a row are needed; a wrong `next` is as bad as none. */
const NEEDED_KEYS = [
  "count",
  "results",
  "next",
  "service",
  "username",
  "name",
  "activated",
  "is_admin",
  "email",
];

function damageObject(
  answer: Answer,
  random: () => number,
  choose: (value: Record<string, unknown>) => Record<string, unknown> | undefined,
): Delivery {
  const value: unknown = JSON.parse(answer.body.toString("utf8"));
  if (!isObject(value)) return withBody(answer, Buffer.from("17"));
  const target = choose(value);
  if (target !== undefined) {
    const keys = Object.keys(target).filter((key) => NEEDED_KEYS.includes(key));
    const key = keys.length === 0 ? undefined : pick(keys, random);
    if (key === undefined) return withBody(answer, Buffer.from("17"));
    if (random() < 0.3) delete target[key];
    else target[key] = key === "count" ? "many" : pick(WRONG_VALUES, random);
  }
  return withBody(answer, Buffer.from(JSON.stringify(value)));
}

function withBody(answer: Answer, body: Buffer, headers: Readonly<Record<string, string>> = {}): Delivery {
  return { answer: { ...answer, headers: { ...answer.headers, ...headers }, body } };
}

function randomBytes(length: number, random: () => number): Buffer {
  return Buffer.from(Array.from({ length }, () => Math.floor(random() * 256)));
}

function pick<T>(items: readonly T[], random: () => number): T {
  const item = items[Math.floor(random() * items.length)];
  if (item === undefined) throw new RangeError("nothing to pick from");
  return item;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
