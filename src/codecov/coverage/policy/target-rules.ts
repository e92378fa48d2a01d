import type { Target } from "./policy-schema.ts";

/** What is wrong with a target whose keys are all valid by themselves. */
export interface TargetFault {
  /** The key to change; undefined: one is missing. */
  readonly key?: string;
  /** The end of a sentence about the target. */
  readonly what: string;
}

/** Finds keys that do not go together, or that one needs. */
export function findTargetFault(target: Target): TargetFault | undefined {
  switch (target.kind) {
    case "port":
      if (target.region !== undefined && target.base_url !== undefined)
        return { key: "base_url", what: "cannot have both region and base_url" };
      if (target.gone === "mark" && target.shape !== "full")
        return {
          key: "gone",
          what: "can mark what is gone only with shape: full; Port's own blueprint has no place for it",
        };
      return undefined;
    case "slack": {
      const fault = exactlyOne(target, ["url_file", "url_variable", "token_file", "token_variable"]);
      if (fault !== undefined) return fault;
      const hasToken = target.token_file !== undefined || target.token_variable !== undefined;
      if (hasToken && target.channel === undefined) return { what: "needs a channel for its bot token" };
      if (!hasToken && target.channel !== undefined)
        return { key: "channel", what: "cannot have a channel: an incoming webhook belongs to one" };
      return undefined;
    }
    case "teams":
      return exactlyOne(target, ["url_file", "url_variable"]);
    case "webhook":
      return (
        exactlyOne(target, ["url", "url_file", "url_variable"]) ??
        exactlyOne(target, ["secret_file", "secret_variable"])
      );
    default:
      return target satisfies never;
  }
}

function exactlyOne(target: object, keys: readonly string[]): TargetFault | undefined {
  const given = keys.filter((key) => key in target);
  const [, second] = given;
  if (second !== undefined)
    return { key: second, what: `cannot have both ${given.slice(0, 2).join(" and ")}` };
  if (given.length === 1) return undefined;
  return { what: `needs ${keys.length === 2 ? keys.join(" or ") : `one of ${keys.join(", ")}`}` };
}
