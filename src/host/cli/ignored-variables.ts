/** Node leaves certificates unchecked if it is `0`. */
export const UNCHECKED_TLS = "NODE_TLS_REJECT_UNAUTHORIZED";

/** Variables of the runtime that are set and that this program does not obey, each with a sentence about it. */
export function findIgnoredVariables(env: Readonly<Record<string, string | undefined>>): string[] {
  if (env[UNCHECKED_TLS] !== "0") return [];
  return [
    `${UNCHECKED_TLS}=0 has no effect: certificates are always checked; to trust your own certificate authority, name its certificate in SSL_CERT_FILE`,
  ];
}
