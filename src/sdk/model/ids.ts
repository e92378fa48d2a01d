import { ResourceId } from "#gen/c1/connector/v2/resource.ts";
import { BatonError, Code } from "#kernel/errors.ts";

export {
  /**
   * The type and id of a resource; {@link makeResourceId} makes it.
   *
   * @example
   * const isUser = ({ resourceType }: ResourceId) => resourceType === "user";
   */
  ResourceId,
};

/** A resource id as far as identity goes. */
export interface ResourceKeyParts {
  readonly resourceType: string;
  readonly resource: string;
}

/**
 * The id of a resource as a message. Neither part is changed or checked.
 *
 * @example
 * const ada = makeResourceId("user", "7");
 */
export function makeResourceId(resourceType: string, resource: string): ResourceId {
  return ResourceId.fromPartial({ resourceType, resource });
}

/** `<type>:<id>`, as messages and tables show a resource. */
export function formatResourceKey(id: ResourceKeyParts): string {
  return `${id.resourceType}:${id.resource}`;
}

export function isSameResource(a: ResourceKeyParts | undefined, b: ResourceKeyParts | undefined): boolean {
  return a?.resourceType === b?.resourceType && a?.resource === b?.resource;
}

/**
 * `<type>:<id>:<slug>`, joined without any escaping. Platforms keep entitlement ids for years: the result
 * must never change between versions.
 *
 * @example
 * makeEntitlementId({ resourceType: "team", resource: "7" }, "member") === "team:7:member";
 */
export function makeEntitlementId(resource: ResourceKeyParts, slug: string): string {
  return `${formatResourceKey(resource)}:${slug}`;
}

/**
 * `<entitlement id>:<principal type>:<principal id>`, as stable as entitlement ids.
 *
 * @example
 * makeGrantId("team:7:member", { resourceType: "user", resource: "ada" }) === "team:7:member:user:ada";
 */
export function makeGrantId(entitlementId: string, principal: ResourceKeyParts): string {
  return `${entitlementId}:${formatResourceKey(principal)}`;
}

/** A resource together with its parent, as a Baton ID names it. */
export interface ResourceBid {
  readonly id: ResourceKeyParts;
  readonly parent?: ResourceKeyParts;
}

const RESOURCE_BID_PREFIX = "bid:r:";

/**
 * The Baton ID of a resource: `bid:r:<type>/<id>`, or `bid:r:<parent type>/<parent id>/<type>/<id>`. A
 * backslash goes before each `:`, `/` and `\` inside a part.
 *
 * @throws BatonError InvalidArgument if a part is empty.
 */
export function formatResourceBid({ id, parent }: ResourceBid): string {
  const parts = [
    ...(parent === undefined ? [] : [parent.resourceType, parent.resource]),
    id.resourceType,
    id.resource,
  ];
  if (parts.includes("")) {
    throw new BatonError(
      Code.InvalidArgument,
      "a Baton ID needs a resource type and a resource id, and so does its parent",
    );
  }
  return RESOURCE_BID_PREFIX + parts.map((part) => part.replace(/[\\/:]/g, "\\$&")).join("/");
}

/**
 * Reads what {@link formatResourceBid} writes.
 *
 * @throws BatonError InvalidArgument that names the text and what is wrong with it.
 */
export function parseResourceBid(text: string): ResourceBid {
  if (!text.startsWith(RESOURCE_BID_PREFIX))
    throw malformedBid(text, `it does not begin with ${RESOURCE_BID_PREFIX}`);
  const parts = splitBidParts(text);
  if (parts.includes("")) throw malformedBid(text, "a part is empty");
  const [first = "", second = "", third, fourth] = parts;
  if (parts.length === 2) return { id: { resourceType: first, resource: second } };
  if (parts.length === 4 && third !== undefined && fourth !== undefined) {
    return {
      id: { resourceType: third, resource: fourth },
      parent: { resourceType: first, resource: second },
    };
  }
  throw malformedBid(text, `it has ${parts.length} parts, where <type>/<id> is 2 and with a parent 4`);
}

function splitBidParts(text: string): string[] {
  const parts: string[] = [];
  let part = "";
  for (let index = RESOURCE_BID_PREFIX.length; index < text.length; index += 1) {
    const char = text.charAt(index);
    if (char === "\\") {
      index += 1;
      const escaped = text.charAt(index);
      if (escaped === "" || !"\\/:".includes(escaped))
        throw malformedBid(text, "a backslash may only precede \\, / or :");
      part += escaped;
    } else if (char === "/") {
      parts.push(part);
      part = "";
    } else if (char === ":") {
      throw malformedBid(text, "a colon inside a part needs a backslash before it");
    } else {
      part += char;
    }
  }
  parts.push(part);
  return parts;
}

function malformedBid(text: string, problem: string): BatonError {
  return new BatonError(
    Code.InvalidArgument,
    `"${text}" is not the Baton ID of a resource: ${problem}; write bid:r:<type>/<id> or bid:r:<parent type>/<parent id>/<type>/<id>`,
  );
}
