const DAY = /^\d{4}-\d\d-\d\d$/;
const RFC_3339 = /^(\d{4}-\d\d-\d\d)[Tt ](\d\d):(\d\d):(\d\d)(\.\d+)?([Zz]|[+-](?:[01]\d|2[0-3]):[0-5]\d)$/;

/**
 * Epoch milliseconds of a day such as `2026-07-01`, which begins at midnight UTC, or of a time in RFC 3339 such as
 * `2026-07-01T08:00:00+02:00`; undefined if the text is neither, or means a day that does not exist.
 */
export function parseInstant(text: string): number | undefined {
  if (DAY.test(text)) return isDay(text) ? Date.parse(`${text}T00:00:00Z`) : undefined;
  const parts = RFC_3339.exec(text);
  if (parts === null) return undefined;
  const [, day = "", hour, minute, second, fraction = "", zone = ""] = parts;
  if (!isDay(day)) return undefined;
  const at = Date.parse(`${day}T${hour}:${minute}:${second}${fraction.slice(0, 4)}${zone.toUpperCase()}`);
  return Number.isNaN(at) ? undefined : at;
}

/** What is wrong with such a text from a setting, as the end of a sentence; undefined if nothing is. */
export function checkInstant(text: string): string | undefined {
  return parseInstant(text) === undefined
    ? 'must be a day such as "2026-07-01" or a time such as "2026-07-01T08:00:00Z"'
    : undefined;
}

/** Whether the calendar has the day: `Date` takes 30 February for 2 March. */
function isDay(text: string): boolean {
  const at = new Date(`${text}T00:00:00Z`);
  return !Number.isNaN(at.getTime()) && at.toISOString().startsWith(text);
}
