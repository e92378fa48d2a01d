/** How a conversation of our program with C1 is meant to differ from that of a Go connector. */

import { type MessageDifference, WHOLE_MESSAGE } from "./support/conversation.ts";

export interface IntendedMessageDifference {
  /** What is different, and why it should be. */
  readonly reason: string;
  /** `left` is what the Go connector says, `right` what ours says; both as JSON. */
  matches(difference: MessageDifference): boolean;
}

/** Differences in the fields at `paths` of the messages that `messages` fits. */
function fields(paths: RegExp, messages: RegExp = /./): (difference: MessageDifference) => boolean {
  return ({ path, message }) => paths.test(path) && messages.test(message);
}

/** Messages of ours that a Go connector does not send. */
function onlyOurs(messages: RegExp): (difference: MessageDifference) => boolean {
  return ({ path, message, left }) => path === WHOLE_MESSAGE && left === undefined && messages.test(message);
}

const MALFORMED = /^(grant|ticket|action|account) without |of nothing|^status of no action|^no tickets to /;
const UNSUPPORTED =
  /^(obsolete event feed|difference of syncs|compaction|task of no type|task of an unknown type):/;

/** Whatever the connector is. */
export const HOST_DIFFERENCES: readonly IntendedMessageDifference[] = [
  {
    reason: "one connection serves all calls; a Go connector opens one for each",
    matches: ({ path, left, right }) => path === "isNewConnection" && left === "true" && right === "false",
  },
  {
    reason: "the user agents name another gRPC implementation",
    matches: ({ path, left, right }) =>
      path === "metadata.user-agent" &&
      maskVersions(left) === '"quiet-heron-1 baton-sdk/V grpc-go/V"' &&
      maskVersions(right) === '"quiet-heron-1 baton-sdk/V grpc-node-js/V"',
  },
  {
    reason: "the SDK release v0.25.0 calls itself v0.24.6; ours names the release that it behaves like",
    matches: ({ path, left, right }) =>
      path === "metadata.User-Agent" &&
      left === '"baton-c1-credential-provider baton-sdk/v0.24.6"' &&
      right === '"baton-c1-credential-provider baton-sdk/v0.25.0"',
  },
  {
    reason: "the gRPC library for Node accepts one more compression and says so in one more header",
    matches: fields(/^metadata\.(grpc-)?accept-encoding$/),
  },
  {
    reason: "tokens are asked for over HTTP/1.1: with a request an hour HTTP/2 has nothing to offer",
    matches: fields(/^request\.protocol$/, /: Token /),
  },
  {
    reason: "what it was built with is Node and this package",
    matches: fields(/^request\.buildInfo\./, /: Hello /),
  },
  {
    reason: "the version of the platform is the one that the system itself gives, without point releases",
    matches: fields(/^request\.osInfo\.platformVersion$/, /: Hello /),
  },
  {
    reason: "the 30 s for a report are for all attempts together, so that the sender keeps the time",
    matches: ({ message, path, right }) =>
      message.includes(": FinishTask ") && path === "deadlineMs" && right === "0",
  },
  {
    reason: "an error is one sentence, without the names of codes and of Go's own markers",
    matches: ({ path, left, right }) =>
      path === "request.status.message" && left !== undefined && right !== undefined,
  },
  {
    reason: "a task that misses something is an invalid argument and not an unknown error",
    matches: ({ message, path, right }) =>
      MALFORMED.test(message) && path === "request.status.code" && right === "3",
  },
  {
    reason: "an action without name or id is refused for good: it would miss it the next time, too",
    matches: ({ message, path, right }) =>
      /action:|action without/.test(message) && path === "request.error.nonRetryable" && right === "true",
  },
  {
    reason:
      "a task that cannot be done here is unimplemented and refused for good; a Go connector gets it again",
    matches: ({ message, path, right }) =>
      UNSUPPORTED.test(message) &&
      ((path === "request.status.code" && right === "12") ||
        (path === "request.error.nonRetryable" && right === "true")),
  },
  {
    reason: "every failure is reported; a Go connector leaves these to C1's time-out",
    matches: onlyOurs(
      /^(events of an unknown feed|ticket schemas|sync whose first heartbeat fails|sync that (an interrupt|a termination) ends): FinishTask 1$/,
    ),
  },
  {
    reason: "a report that gets lost is sent again",
    matches: onlyOurs(/^report that gets lost: FinishTask 2$/),
  },
  {
    reason: "an outage of the token endpoint at the start is waited out; a Go connector ends with code 16",
    matches: ({ message, path, left, right }) =>
      message.startsWith("token outage: ")
        ? path === WHOLE_MESSAGE && right === "sent"
        : message === "end" && left === "16" && right === "0",
  },
  {
    reason: "SIGTERM ends it in good order, as SIGINT does; a Go connector is dead at once",
    matches: ({ message, left, right }) => message === "end" && left === "null" && right === "0",
  },
];

function maskVersions(text: string | undefined): string | undefined {
  return text?.replaceAll(/\/v?\d[\w.]*/g, "/V");
}

/** Because the reference connector does less than ours. */
export const CONNECTOR_DIFFERENCES: readonly IntendedMessageDifference[] = [
  {
    reason: "ours describes itself and its types, has actions, and can be asked for single resources",
    matches: fields(/^request\.connectorMetadata\./, /: Hello /),
  },
  {
    reason: "ours has actions to list",
    matches: fields(/^request\.success\.response\.schemas\./, /^actions: FinishTask/),
  },
  {
    reason: "a seat that is there already, or gone already, is said to be so",
    matches: ({ message, path, left }) =>
      /^(grant|revocation) of what is/.test(message) &&
      /\.annotations\.GrantAlready(Exists|Revoked)\./.test(path) &&
      left === undefined,
  },
  {
    reason: "the seat of somebody who left is gone; the reference connector fails",
    matches: fields(/^request\.(error|status|success)\./, /^revocation from nobody: FinishTask/),
  },
  {
    reason: "an error carries no rate limit if Codecov named none",
    matches: ({ path, right }) =>
      path.startsWith("request.status.details.RateLimitDescription.") && right === undefined,
  },
  {
    reason: "a new grant names its resource by type and id; the reference connector repeats what it was sent",
    matches: fields(/^request\.success\.response\.grants\.0\.entitlement\.resource\.displayName$/),
  },
];
