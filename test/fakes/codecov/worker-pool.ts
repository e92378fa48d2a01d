/** Lets a limited number of seat changes run at once; the others wait for their turn. */
export class WorkerPool {
  readonly #waiting: (() => void)[] = [];
  #free: number;

  constructor(workers: number) {
    this.#free = workers;
  }

  async run<T>(work: () => Promise<T>): Promise<T> {
    if (this.#free > 0) this.#free--;
    else await new Promise<void>((resolve) => this.#waiting.push(resolve));
    try {
      return await work();
    } finally {
      const next = this.#waiting.shift();
      if (next === undefined) this.#free++;
      else next();
    }
  }
}
