/** A request that the server made to the git provider. */
export interface ProviderRequest {
  /** `owner 102`, or `the installation's bot`. */
  readonly as: string;
  readonly path: string;
}

/** What requests changed or caused on the server, in the form of the recorded exchanges: what did not happen has no key. */
export interface RecordedEffects {
  readonly seats_added?: readonly number[];
  readonly permission?: Readonly<Record<string, readonly number[]>>;
  readonly repos_created?: readonly string[];
  readonly comparisons_created?: readonly {
    readonly base: string;
    readonly head: string;
    readonly state: string;
  }[];
  readonly datasets_created?: readonly { readonly name: string; readonly repoid: number }[];
  readonly tasks?: readonly string[];
  readonly provider_requests?: readonly ProviderRequest[];
}

/** Notes what reading changes or causes, which a reader must not notice only from its bill. */
export class Effects {
  #record: RecordedEffects = {};

  /** Everything since the beginning or since {@link clear}. */
  get record(): RecordedEffects {
    return this.#record;
  }

  clear(): void {
    this.#record = {};
  }

  addSeat(ownerid: number): void {
    this.#record = { ...this.#record, seats_added: [...(this.#record.seats_added ?? []), ownerid] };
  }

  cachePermission(ownerid: number, repoids: readonly number[]): void {
    this.#record = { ...this.#record, permission: { ...this.#record.permission, [ownerid]: repoids } };
  }

  createRepository(name: string): void {
    this.#record = { ...this.#record, repos_created: [...(this.#record.repos_created ?? []), name] };
  }

  createComparison(base: string, head: string): void {
    const created = [...(this.#record.comparisons_created ?? []), { base, head, state: "pending" }];
    this.#record = { ...this.#record, comparisons_created: created };
  }

  createDataset(name: string, repoid: number): void {
    const created = [...(this.#record.datasets_created ?? []), { name, repoid }];
    this.#record = { ...this.#record, datasets_created: created };
  }

  queueTask(name: string): void {
    this.#record = { ...this.#record, tasks: [...(this.#record.tasks ?? []), name] };
  }

  askProvider(request: ProviderRequest): void {
    const requests = [...(this.#record.provider_requests ?? []), request];
    this.#record = { ...this.#record, provider_requests: requests };
  }
}
