import { afterEach, expect, test, vi } from "vitest";
import { watchSignals } from "#cli/signals.ts";

afterEach(() => vi.restoreAllMocks());

test.each([
  ["SIGINT", 130],
  ["SIGTERM", 143],
] as const)("%s asks for an orderly end with exit code %i, a second one ends at once", (name, exitCode) => {
  const exit = vi.spyOn(process, "exit").mockImplementation(() => undefined as never);
  const signals = watchSignals();
  expect(signals.exitCode()).toBeUndefined();
  process.emit(name, name);
  expect(signals.signal.aborted).toBe(true);
  expect(signals.exitCode()).toBe(exitCode);
  expect(exit).not.toHaveBeenCalled();
  process.emit(name, name);
  expect(exit).toHaveBeenCalledWith(exitCode);
  signals.stop();
});

test("afterwards signals have their usual meaning again", () => {
  const before = process.listenerCount("SIGINT");
  watchSignals().stop();
  expect(process.listenerCount("SIGINT")).toBe(before);
});
