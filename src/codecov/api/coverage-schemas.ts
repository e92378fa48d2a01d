import * as z from "zod";
import { totalsSchema } from "./reported-totals.ts";
import { pageSchema } from "./schemas.ts";

/**
 * The responses of Codecov's API v2 about coverage, as observed on Codecov 26.7.6. As in `schemas.ts`, other keys are
 * ignored, and a missing or differently typed key is an error, except where older servers lack it.
 */

const instant = z.iso.datetime({ offset: true });
const percent = z.number().min(0).max(100);
const count = z.int().nonnegative();

/** A row of the repository list. There is no id: a repository that was renamed looks like another one. */
export const repositorySchema = z.object({
  name: z.string().min(1),
  private: z.boolean(),
  /** When the row last changed, not when a report came; uploads move it at most every 30 minutes. */
  updatestamp: instant.nullable(),
  language: z.string().nullable(),
  /** The default branch. */
  branch: z.string().nullable(),
  /** Null if nothing was ever uploaded. */
  active: z.boolean().nullable(),
  activated: z.boolean().nullish(),
  /** Of the newest complete commit of the default branch that is at least an hour old. */
  totals: totalsSchema,
});
export type RepositoryRow = z.infer<typeof repositorySchema>;

export const repositoryPageSchema = pageSchema(repositorySchema);
export type RepositoryPage = z.infer<typeof repositoryPageSchema>;

/** Coverage of a day of a branch in percent. Days without a commit have no row. */
export const trendRowSchema = z
  .object({
    /** The beginning of the day in UTC. */
    timestamp: instant,
    min: percent,
    max: percent,
    avg: percent,
  })
  // A mean of equal floats can differ from them in the last digits.
  .refine(({ min, max, avg }) => min <= avg + 1e-4 && avg <= max + 1e-4, "min, avg and max are in no order");
export type TrendRow = z.infer<typeof trendRowSchema>;

export const trendPageSchema = pageSchema(trendRowSchema);
export type TrendPage = z.infer<typeof trendPageSchema>;

export const commitSchema = z.object({
  commitid: z.string().min(1),
  timestamp: instant,
  branch: z.string().nullable(),
  /** `complete`, `pending`, `error`, `skipped`. */
  state: z.string().nullable(),
  totals: totalsSchema,
});
export type CommitRow = z.infer<typeof commitSchema>;

export const commitPageSchema = pageSchema(commitSchema);
export type CommitPage = z.infer<typeof commitPageSchema>;

/** Counts of lines without their sum, which Codecov gives as 0 in some places. */
const lineCountsSchema = z.object({
  hits: count,
  misses: count,
  partials: count,
  /** In percent, rounded or not; 0 if there is no line. */
  coverage: z.number().nullish(),
});

/** Half of the last decimal, or all of it where Codecov cuts off. */
const ROUNDING = 0.01 + 1e-6;

function hasItsCoverage({ hits, misses, partials, coverage }: z.infer<typeof lineCountsSchema>): boolean {
  const lines = hits + misses + partials;
  return lines === 0 || typeof coverage !== "number" || Math.abs((100 * hits) / lines - coverage) < ROUNDING;
}

const fileCountsSchema = lineCountsSchema.refine(hasItsCoverage, "the counts contradict the coverage");

export const pullSchema = z.object({
  pullid: z.int().positive(),
  title: z.string().nullable(),
  state: z.enum(["open", "merged", "closed"]),
  /** Of the commit that Codecov compares with, which need not be the base of the pull request. */
  base_totals: totalsSchema,
  head_totals: totalsSchema,
  updatestamp: instant.nullable(),
  author: z.object({ username: z.string().nullable() }).nullable(),
  /** As stored when the comparison was computed; absent on servers from before 2025. One that makes no sense is null. */
  patch: lineCountsSchema
    .nullish()
    .transform((patch) => (patch !== undefined && patch !== null && hasItsCoverage(patch) ? patch : null)),
});
export type PullRow = z.infer<typeof pullSchema>;

/** Paged by position: there is no `count`. */
export const pullCursorPageSchema = z.object({ next: z.string().nullable(), results: z.array(pullSchema) });

export const pullPageSchema = pageSchema(pullSchema);
export type PullPage = z.infer<typeof pullPageSchema>;

/** A file whose coverage differs between base and head, or which the diff touches. */
export const impactedFileSchema = z.object({
  base_name: z.string().nullable(),
  head_name: z.string().nullable(),
  /** Null for a new file. */
  base_coverage: fileCountsSchema.nullable(),
  /** Null for a removed file. */
  head_coverage: fileCountsSchema.nullable(),
  patch_coverage: fileCountsSchema.nullable(),
});
export type ImpactedFile = z.infer<typeof impactedFileSchema>;

/** What is compared, and with what. */
export const comparisonSchema = z.object({
  base_commit: z.string().nullable(),
  head_commit: z.string().nullable(),
  totals: z.object({ base: totalsSchema, head: totalsSchema, patch: totalsSchema }),
  /** Those of its commits that Codecov knows. */
  commit_uploads: z.array(z.object({ commitid: z.string(), timestamp: instant, totals: totalsSchema })),
  /** Files of the diff that neither report knows. */
  untracked: z.array(z.string()),
});
export type Comparison = z.infer<typeof comparisonSchema>;

export const impactedSchema = comparisonSchema.extend({
  state: z.enum(["pending", "processed", "error"]),
  /** Empty unless processed, and in no order. */
  files: z.array(impactedFileSchema),
});
export type Impacted = z.infer<typeof impactedSchema>;

/** The report of one commit. */
export const reportTotalsSchema = z.object({
  totals: totalsSchema,
  files: z.array(z.object({ name: z.string(), totals: totalsSchema })),
});
export type ReportTotals = z.infer<typeof reportTotalsSchema>;
