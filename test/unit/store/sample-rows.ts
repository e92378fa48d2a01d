import { Entitlement } from "#gen/c1/connector/v2/entitlement.ts";
import { Grant } from "#gen/c1/connector/v2/grant.ts";
import { Resource, ResourceType } from "#gen/c1/connector/v2/resource.ts";

export function userType(): ResourceType {
  return ResourceType.fromPartial({ id: "user", displayName: "User", traits: [1] });
}

export function user(id: string, displayName = id): Resource {
  return Resource.fromPartial({ id: { resourceType: "user", resource: id }, displayName });
}

export function team(id: string): Resource {
  return Resource.fromPartial({
    id: { resourceType: "team", resource: id },
    parentResourceId: { resourceType: "org", resource: "acme" },
  });
}

export function member(teamId: string): Entitlement {
  return Entitlement.fromPartial({ id: `team:${teamId}:member`, resource: team(teamId), slug: "member" });
}

export function membership(teamId: string, principal: Resource): Grant {
  const { resourceType = "", resource = "" } = principal.id ?? {};
  return Grant.fromPartial({
    id: `team:${teamId}:member:${resourceType}:${resource}`,
    entitlement: member(teamId),
    principal,
  });
}
