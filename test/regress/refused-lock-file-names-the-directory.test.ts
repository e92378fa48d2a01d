import { expect, test } from "vitest";
import { systemClock } from "#kernel/clock.ts";
import { Code } from "#kernel/errors.ts";
import { silentLogger } from "#kernel/logger.ts";
import { openC1z } from "#store/c1z-file.ts";

/** A directory in which nobody can create a file, not even root. */
const REFUSING_DIRECTORY = "/proc";

test.runIf(process.platform === "linux")(
  "an output file where no file can be created is an error that says what to do",
  async () => {
    const opening = openC1z(`${REFUSING_DIRECTORY}/sync.c1z`, { clock: systemClock, log: silentLogger });
    await expect(opening).rejects.toMatchObject({
      code: Code.PermissionDenied,
      message: expect.stringContaining("directory"),
    });
  },
);
