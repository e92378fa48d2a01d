import { test } from "vitest";

/** An attack that takes more than some seconds; skipped where only the quick ones are run. */
export const thorough = test.skipIf(process.env["HOSTILE_QUICK"] === "1");
