const ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
const ENCODED_LENGTH = 27;
const PAYLOAD_BYTES = 16;

/** Seconds between the Unix epoch and that of a KSUID (13 May 2014). */
const EPOCH_SECONDS = 1_400_000_000;

/**
 * A new KSUID: 27 alphanumeric characters, four bytes of time and sixteen random ones in base 62. Ids made
 * in different seconds sort by age. Hosts use them to name syncs and action invocations.
 *
 * @param now epoch milliseconds
 */
export function createKsuid(now: number, payload = randomPayload()): string {
  const bytes = Buffer.alloc(4 + PAYLOAD_BYTES);
  // A machine without a battery-backed clock can start before the epoch.
  bytes.writeUInt32BE(Math.max(0, Math.floor(now / 1000) - EPOCH_SECONDS));
  bytes.set(payload.subarray(0, PAYLOAD_BYTES), 4);
  let rest = BigInt(`0x${bytes.toString("hex")}`);
  let text = "";
  while (text.length < ENCODED_LENGTH) {
    text = ALPHABET.charAt(Number(rest % 62n)) + text;
    rest /= 62n;
  }
  return text;
}

/**
 * When a KSUID was made: epoch milliseconds, a whole second; undefined if the text is none.
 */
export function readKsuidTime(id: string): number | undefined {
  if (!/^[0-9A-Za-z]{27}$/.test(id)) return undefined;
  let number = 0n;
  for (const character of id) number = number * 62n + BigInt(ALPHABET.indexOf(character));
  const seconds = Number(number >> BigInt(8 * PAYLOAD_BYTES));
  // More than 20 bytes can hold.
  return seconds > 0xffff_ffff ? undefined : (seconds + EPOCH_SECONDS) * 1000;
}

/** Cryptography is loaded when the first id is made, which most connector processes never do. */
function randomPayload(): Uint8Array {
  return process.getBuiltinModule("node:crypto").randomBytes(PAYLOAD_BYTES);
}
