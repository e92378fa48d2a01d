/**
 * The entries of a version.
 *
 * @param changelog in the format of Keep a Changelog
 * @returns the text between its heading and the next one; undefined if there is no such heading, or nothing under it
 */
export function findNotes(changelog: string, version: string): string | undefined {
  const sections = changelog.split(/^## /m).slice(1);
  const section = sections.find((text) => text.startsWith(`[${version}]`));
  if (version === "" || section === undefined) return undefined;
  // Links of the headings stand at the end of the file.
  const entries = section.slice(section.indexOf("\n")).replaceAll(/^\[[^\]]+\]: \S+$/gm, "");
  return entries.trim() === "" ? undefined : entries.trim();
}
