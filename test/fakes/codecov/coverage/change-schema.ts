import { z } from "zod";

/** A repository by its id or, if only one has it, by its name. */
const repository = { repoid: z.int().optional(), repo: z.string().optional() };
const sha = z.string().nullable();
/** As stored, so that totals of older forms can be put there. */
const totals = z.unknown();

/** Lines of a report, from which its totals are made. */
const Counts = z.object({
  hits: z.int(),
  misses: z.int(),
  partials: z.int().optional(),
  files: z.int().optional(),
  sessions: z.int().optional(),
});

/** Changes of repositories, commits and pull requests, and of who may read them. */
export const COVERAGE_CHANGES = [
  /**
   * A report arrives: of a new commit of a branch (the default branch if none is named), made so long ago, or late, of the
   * known commit that `commitid` names.
   */
  z.object({
    op: z.literal("upload"),
    ...repository,
    branch: z.string().optional(),
    commitid: z.string().optional(),
    /** Default 0. */
    ago_seconds: z.number().optional(),
    counts: Counts,
  }),
  z.object({
    op: z.literal("add-commit"),
    ...repository,
    commitid: z.string(),
    branch: z.string().nullable(),
    state: z.string().nullable(),
    ago_seconds: z.number(),
    totals,
  }),
  /** New columns of a commit, for example totals after a late upload. Without `commitid`: the newest of the default branch. */
  z.object({
    op: z.literal("set-commit"),
    ...repository,
    commitid: z.string().optional(),
    set: z.object({ state: z.string().nullable().optional(), totals: totals.optional() }),
  }),
  /** New columns of a repository; `deleted` takes it out of the list. */
  z.object({
    op: z.literal("set-repo"),
    ...repository,
    set: z.object({
      name: z.string().optional(),
      branch: z.string().optional(),
      private: z.boolean().optional(),
      active: z.boolean().nullable().optional(),
      activated: z.boolean().nullable().optional(),
      deleted: z.boolean().optional(),
      updatestamp: z.string().nullable().optional(),
    }),
  }),
  z.object({
    op: z.literal("add-pull"),
    ...repository,
    pullid: z.int(),
    title: z.string().nullable(),
    state: z.string(),
    author: z.int().nullable().optional(),
    base: sha,
    compared_to: sha,
    head: sha,
    updatestamp: z.string().nullable(),
  }),
  z.object({
    op: z.literal("set-pull"),
    ...repository,
    pullid: z.int(),
    set: z.object({
      state: z.string().optional(),
      title: z.string().nullable().optional(),
      base: sha.optional(),
      compared_to: sha.optional(),
      head: sha.optional(),
      updatestamp: z.string().nullable().optional(),
    }),
  }),
  z.object({
    op: z.literal("set-org"),
    ownerid: z.int(),
    set: z.object({
      plan_user_count: z.int().nullable().optional(),
      plan_auto_activate: z.boolean().optional(),
    }),
  }),
  /** The organizations of a person, or the private repositories that the person is known to read (null: never cached). */
  z.object({
    op: z.literal("set-member"),
    ownerid: z.int(),
    set: z.object({
      organizations: z.array(z.int()).optional(),
      permission: z.array(z.int()).nullable().optional(),
    }),
  }),
  /** The repository's time series is wanted since so long ago, and holds the coverage of every complete commit, or nothing. */
  z.object({
    op: z.literal("time-series"),
    ...repository,
    dataset_age_seconds: z.number(),
    measurements: z.enum(["commits", "none"]),
  }),
  /** Measurements of a flag, as time (ISO 8601) and coverage. */
  z.object({
    op: z.literal("time-series-flag"),
    ...repository,
    flag: z.string(),
    branch: z.string(),
    measurements: z.array(z.tuple([z.string(), z.number()])),
  }),
  /** The background tasks run: every comparison that is pending is computed from the stored reports. */
  z.object({ op: z.literal("run-tasks") }),
  /** The server's time becomes this (ISO 8601), or moves by so many seconds, and runs on. */
  z.object({ op: z.literal("set-time"), now: z.string().optional(), advance_seconds: z.number().optional() }),
] as const;

const CoverageChangeSchema = z.discriminatedUnion("op", COVERAGE_CHANGES);
export type CoverageChange = z.infer<typeof CoverageChangeSchema>;

/** Whether a change is one of these. */
export function isCoverageChange(change: { readonly op: string }): change is CoverageChange {
  return OPERATIONS.has(change.op);
}

const OPERATIONS = new Set<string>(COVERAGE_CHANGES.map(({ shape }) => shape.op.value));
