import { Entitlement } from "#gen/c1/connector/v2/entitlement.ts";
import { Grant } from "#gen/c1/connector/v2/grant.ts";
import { Resource, ResourceType, ResourceType_Trait as Trait } from "#gen/c1/connector/v2/resource.ts";
import type { Any } from "#gen/google/protobuf/any.ts";
import { packAnnotation } from "#model/annotations.ts";

export function makeType(
  id: string,
  trait: Trait = Trait.TRAIT_UNSPECIFIED,
  annotations: Any[] = [],
): ResourceType {
  return ResourceType.fromPartial({
    id,
    displayName: id,
    traits: trait === Trait.TRAIT_UNSPECIFIED ? [] : [trait],
    annotations,
  });
}

export function makeResource(type: string, id: string, annotations: Any[] = [], parent?: Resource): Resource {
  return Resource.fromPartial({
    id: { resourceType: type, resource: id },
    displayName: `${type} ${id}`,
    annotations,
    ...(parent?.id === undefined ? {} : { parentResourceId: parent.id }),
  });
}

export function makeUser(id: string): Resource {
  return makeResource("user", id, [packAnnotation("UserTrait", { login: id })]);
}

export function makeEntitlement(resource: Resource, slug: string, annotations: Any[] = []): Entitlement {
  const id = `${resource.id?.resourceType}:${resource.id?.resource}:${slug}`;
  return Entitlement.fromPartial({ id, slug, resource, displayName: slug, annotations });
}

export function makeGrant(entitlement: Entitlement, principal: Resource, annotations: Any[] = []): Grant {
  const id = `${entitlement.id}:${principal.id?.resourceType}:${principal.id?.resource}`;
  return Grant.fromPartial({ id, entitlement, principal, annotations });
}
