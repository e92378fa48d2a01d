import type { Socket } from "node:net";

export interface WaitingRoomOptions {
  /** How many connections may wait at a time. */
  readonly places: number;
  /** How many of them may come from one address; all if absent. */
  readonly placesPerAddress?: number;
}

/**
 * Holds connections until they have shown that they are worth more than a place here. When the places are taken, the
 * connection that has waited longest is closed: a peer that takes many places loses them to later ones, and
 * somebody who does what is expected needs a place only for moments.
 */
export class WaitingRoom {
  readonly #places: number;
  readonly #placesPerAddress: number;
  /** By address; each set is in the order of arrival. */
  readonly #waiting = new Map<string, Set<Socket>>();
  #count = 0;

  constructor({ places, placesPerAddress = places }: WaitingRoomOptions) {
    this.#places = places;
    this.#placesPerAddress = placesPerAddress;
  }

  /** Gives the connection a place until it leaves or closes. */
  enter(socket: Socket): void {
    const address = groupOf(socket.remoteAddress);
    const group = this.#waiting.get(address) ?? new Set();
    this.#waiting.set(address, group);
    group.add(socket);
    this.#count += 1;
    socket.once("close", () => this.leave(socket, address));
    if (group.size > this.#placesPerAddress) this.#closeOldest(address, group);
    else if (this.#count > this.#places) this.#closeOldest(...this.#largestGroup());
  }

  /** Frees the place of a connection; without effect if it has none. */
  leave(socket: Socket, address = groupOf(socket.remoteAddress)): void {
    const group = this.#waiting.get(address);
    if (group?.delete(socket) !== true) return;
    this.#count -= 1;
    if (group.size === 0) this.#waiting.delete(address);
  }

  /** Closes all connections that wait. */
  close(): void {
    for (const group of this.#waiting.values()) for (const socket of group) socket.destroy();
  }

  #closeOldest(address: string, group: Set<Socket>): void {
    const [oldest] = group;
    if (oldest === undefined) return;
    this.leave(oldest, address);
    oldest.destroy();
  }

  #largestGroup(): [string, Set<Socket>] {
    let largest: [string, Set<Socket>] = ["", new Set()];
    for (const entry of this.#waiting) if (entry[1].size > largest[1].size) largest = entry;
    return largest;
  }
}

/** What counts as one address. A host with IPv6 has at least 2^64 of them, which differ in the last four groups. */
function groupOf(address: string | undefined): string {
  if (address === undefined) return "";
  const mapped = /^::ffff:([\d.]+)$/i.exec(address)?.[1];
  if (mapped !== undefined) return mapped;
  if (!address.includes(":")) return address;
  const [head = "", tail] = address.split("::");
  const groups = head.split(":");
  // "::" stands for as many zeros as are missing.
  if (tail !== undefined) {
    const rest = tail === "" ? [] : tail.split(":");
    while (groups.length + rest.length < 8) groups.push("0");
    groups.push(...rest);
  }
  return groups.slice(0, 4).join(":");
}
