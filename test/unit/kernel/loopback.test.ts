import { expect, test } from "vitest";
import { isLoopback } from "#kernel/loopback.ts";

test.each(["localhost", "LOCALHOST", "127.0.0.1", "127.1.2.3", "::1", "[::1]"])(
  "%s is this machine",
  (host) => {
    expect(isLoopback(host)).toBe(true);
  },
);

test.each(["", "0.0.0.0", "::", "[::]", "localhost.example", "127.0.0.1.example", "128.0.0.1", "10.127.0.0"])(
  "%s may be another machine",
  (host) => {
    expect(isLoopback(host)).toBe(false);
  },
);
