/** What a process of the program does; each role has its own code cache. */
export type Role = "connector" | "host";

export const ROLES: readonly Role[] = ["connector", "host"];

export function roleOf(argv: readonly string[]): Role {
  return argv.includes("_connector-service") ? "connector" : "host";
}
