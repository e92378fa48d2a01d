import { DAY_MS, HOUR_MS } from "./synthetic.ts";
import type { PullPlan } from "./synthetic-pulls.ts";

/** A repository of the demo that is measured. */
export interface MeasuredPlan {
  readonly name: string;
  readonly language: string | null;
  readonly private?: boolean;
  readonly lines: number;
  /** Share of the lines that is hit, by the days since. */
  readonly share: (daysAgo: number) => number;
  readonly paths: readonly string[];
  readonly pulls?: readonly Omit<PullPlan, "author">[];
}

/** The repositories of the demo that are measured, with their pull requests. */
export function planMeasured(now: number): MeasuredPlan[] {
  const at = (daysAgo: number): number => now - daysAgo * DAY_MS - 3 * HOUR_MS;
  return [
    {
      name: "payments-api",
      language: "go",
      lines: 4_200,
      share: (daysAgo) => 0.913 + 0.002 * Math.sin(daysAgo),
      paths: ["cmd/server.go", "internal/charge.go", "internal/refund.go", "internal/ledger.go"],
      pulls: [
        {
          number: 41,
          title: "Retry refunds that the bank refused for the moment",
          state: "open",
          atMs: at(1),
          added: [{ path: "internal/refund.go", hits: 46, misses: 3, partials: 1 }],
          comparison: "processed",
        },
      ],
    },
    {
      name: "web",
      language: "typescript",
      lines: 6_400,
      share: (daysAgo) => 0.862 - 0.0005 * daysAgo,
      paths: ["src/app.ts", "src/cart.ts", "src/login.ts", "src/search.ts", "src/theme.ts"],
      pulls: [
        {
          number: 99,
          title: "Drop the old theme",
          state: "merged",
          atMs: at(9),
          added: [{ path: "src/theme.ts", hits: 12, misses: 0, partials: 0 }],
          comparison: "processed",
        },
        {
          number: 101,
          title: "Log in with a passkey",
          state: "open",
          atMs: at(0),
          added: [
            { path: "src/login.ts", hits: 24, misses: 96, partials: 0 },
            { path: "src/passkey.ts", hits: 10, misses: 70, partials: 0 },
          ],
          comparison: "processed",
        },
        {
          number: 102,
          title: "Search while typing",
          state: "open",
          atMs: at(0),
          added: [{ path: "src/search.ts", hits: 60, misses: 20, partials: 0 }],
          comparison: "missing",
        },
        {
          number: 103,
          title: "Keep the cart between visits",
          state: "open",
          atMs: at(2),
          added: [{ path: "src/cart.ts", hits: 30, misses: 0, partials: 0 }],
          comparison: "pending",
        },
      ],
    },
    {
      name: "mobile-app",
      language: "kotlin",
      lines: 5_100,
      share: (daysAgo) => 0.79 + 0.003 * Math.min(daysAgo, 30),
      paths: ["app/Main.kt", "app/Offline.kt", "app/Push.kt"],
      pulls: [
        {
          number: 17,
          title: "Work offline",
          state: "open",
          atMs: at(3),
          added: [{ path: "app/Offline.kt", hits: 20, misses: 380, partials: 0 }],
          comparison: "missing",
        },
      ],
    },
    {
      name: "billing",
      language: "python",
      lines: 2_300,
      share: () => 0.524,
      paths: ["billing/invoice.py", "billing/tax.py"],
      pulls: [
        {
          number: 12,
          title: null,
          state: "closed",
          atMs: at(6),
          added: [{ path: "billing/tax.py", hits: 4, misses: 9, partials: 0 }],
          comparison: "error",
        },
      ],
    },
    {
      name: "vault",
      language: "rust",
      private: true,
      lines: 1_900,
      share: (daysAgo) => 0.951 - 0.0002 * daysAgo,
      paths: ["src/main.rs", "src/seal.rs"],
      pulls: [
        {
          number: 7,
          title: "Unseal with two keys",
          state: "open",
          atMs: at(1),
          added: [{ path: "src/seal.rs", hits: 38, misses: 2, partials: 0 }],
          comparison: "processed",
        },
      ],
    },
  ];
}
