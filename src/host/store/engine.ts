import type { Logger } from "#kernel/logger.ts";

/** The engine of the files that this program writes. */
const OWN = "sqlite";

/**
 * Logs once that files are written by another engine than requested. The format of `sqlite` is the one that all
 * readers of `.c1z` files understand, so it does as well.
 */
export class EngineWarning {
  #isGiven = false;

  /**
   * @param engine as asked for; none if empty or undefined
   * @param asker who asks, at the beginning of a sentence
   */
  give(engine: string | undefined, asker: string, log: Logger): void {
    if (engine === undefined || engine === "" || engine === OWN || this.#isGiven) return;
    this.#isGiven = true;
    const message = `${asker} asks for a storage engine that this program does not have; files are written with ${OWN}`;
    log.warn(message, { storage_engine: engine });
  }
}
