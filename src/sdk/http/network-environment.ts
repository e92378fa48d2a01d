/** The environment variables that matter for connections. */
export type NetworkEnvironment = Readonly<Record<string, string | undefined>>;

/** The value of a variable that is known in lower and in upper case. Lower case wins, as everywhere. */
export function readVariable(environment: NetworkEnvironment, name: string): string | undefined {
  return environment[name] || environment[name.toUpperCase()] || undefined;
}
