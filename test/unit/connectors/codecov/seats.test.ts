import { describe, expect, it } from "vitest";
import { seatHolders, setUpSeats } from "./seat-support.ts";

describe("a grant", () => {
  it("gives a seat with one change, read before and after", async () => {
    const { simulator, grant } = await setUpSeats("free-seats", "roomy");
    expect(await grant("waiting")).toBe("changed");
    expect(seatHolders(simulator, "github", "roomy")).toContain(109);
    expect(simulator.requests.map(({ method }) => method)).toEqual(["GET", "PATCH", "GET"]);
  });
});
