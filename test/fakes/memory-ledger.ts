import type { KnownRepository, Ledger, ListReading } from "#codecov/coverage/model/ledger.ts";
import type { ListedPull, PullDetails } from "#codecov/coverage/model/pull.ts";
import type { Day, RepositoryDetails, StoredRepository } from "#codecov/coverage/model/repository.ts";

interface Row extends Omit<StoredRepository, "trend"> {
  readonly missed: number;
  readonly daysFrom: string | null;
  readonly trend: ReadonlyMap<string, Day>;
}

/** A ledger that keeps everything in memory, for tests of what reads into it. */
export class MemoryLedger implements Ledger {
  readonly rows = new Map<string, Row>();
  readonly pulls = new Map<string, Map<number, ListedPull>>();
  readonly lists: ListReading[] = [];
  /** Names in the order in which their details were saved. */
  readonly saved: string[] = [];

  known(): readonly KnownRepository[] {
    return [...this.rows.values()];
  }

  openPulls(repository: string): readonly number[] {
    return [...(this.pulls.get(repository)?.keys() ?? [])];
  }

  saveList(reading: ListReading): void {
    this.lists.push(reading);
    const { readAt } = reading;
    for (const repository of reading.repositories) {
      const old = this.rows.get(repository.name);
      const keeps = old !== undefined && old.branch === repository.branch;
      this.rows.set(repository.name, {
        ...(old ?? { firstSeenAt: readAt, detailsReadAt: null, head: null, newest: null }),
        ...(keeps ? { daysFrom: old.daysFrom, trend: old.trend } : { daysFrom: null, trend: new Map() }),
        ...repository,
        readAt,
        missed: 0,
        missingSince: null,
      });
    }
    for (const { name, gone } of reading.missing) {
      const old = this.rows.get(name);
      if (old === undefined) throw new Error(`${name} is missing and unknown`);
      const missingSince = old.missingSince ?? readAt;
      this.rows.set(name, {
        ...old,
        missed: old.missed + 1,
        missingSince,
        ...(gone ? { state: "gone" as const, totals: null, reason: "gone" } : {}),
      });
    }
    for (const name of reading.forgotten) this.rows.delete(name);
  }

  saveDetails(details: RepositoryDetails, readAt: number): void {
    const old = this.row(details.name);
    const kept = [...old.trend].filter(([day]) => day < details.daysFrom);
    const daysFrom = [old.daysFrom ?? details.daysFrom, details.daysFrom].toSorted()[0] ?? null;
    const trend = new Map([...kept, ...details.days.map((day) => [day.day, day] as const)]);
    const { head, newest } = details;
    this.rows.set(details.name, { ...old, head, newest, trend, daysFrom, detailsReadAt: readAt });
    this.saved.push(details.name);
  }

  saveOpenPulls(repository: string, pulls: readonly ListedPull[]): void {
    this.pulls.set(repository, new Map(pulls.map((pull) => [pull.number, pull])));
  }

  savePull(_pull: ListedPull, _details: PullDetails): void {
    throw new Error("nothing that is tested with this ledger saves a pull request by name");
  }

  row(name: string): Row {
    const row = this.rows.get(name);
    if (row === undefined) throw new Error(`no repository ${name}`);
    return row;
  }
}
