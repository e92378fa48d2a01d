import type { StoredCommit } from "./stored.ts";

/** The commits of a repository, newest first. They are made when first asked for, so that thousands of histories cost nothing. */
export class CommitHistory {
  readonly #make: () => readonly StoredCommit[];
  readonly #branches = new Map<string, readonly StoredCommit[]>();
  #commits: StoredCommit[] | undefined;
  #bySha: Map<string, StoredCommit> | undefined;

  /** @param make gives the commits in any order */
  constructor(make: () => readonly StoredCommit[] = () => []) {
    this.#make = make;
  }

  all(): readonly StoredCommit[] {
    this.#commits ??= this.#make().toSorted(newestFirst);
    return this.#commits;
  }

  ofBranch(branch: string): readonly StoredCommit[] {
    let commits = this.#branches.get(branch);
    if (commits === undefined) {
      commits = this.all().filter((commit) => commit.branch === branch);
      this.#branches.set(branch, commits);
    }
    return commits;
  }

  find(sha: string | null): StoredCommit | undefined {
    if (sha === null) return undefined;
    this.#bySha ??= new Map(this.all().map((commit) => [commit.commitid, commit]));
    return this.#bySha.get(sha);
  }

  /** Adds a commit, or replaces the one with the same SHA. */
  put(commit: StoredCommit): void {
    const others = this.all().filter(({ commitid }) => commitid !== commit.commitid);
    this.#commits = [commit, ...others].toSorted(newestFirst);
    this.#branches.clear();
    this.#bySha = undefined;
  }
}

function newestFirst(a: StoredCommit, b: StoredCommit): number {
  return b.at - a.at;
}
