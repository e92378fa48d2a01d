import { ResourceType_Trait } from "#gen/c1/connector/v2/resource.ts";
import { type AnnotationName, hasAnnotation } from "./annotations.ts";

/** The traits whose annotation hosts demand on each resource of a type that declares them. */
const REQUIRED_TRAITS: ReadonlyMap<ResourceType_Trait, AnnotationName> = new Map([
  [ResourceType_Trait.TRAIT_USER, "UserTrait"],
  [ResourceType_Trait.TRAIT_GROUP, "GroupTrait"],
  [ResourceType_Trait.TRAIT_ROLE, "RoleTrait"],
  [ResourceType_Trait.TRAIT_APP, "AppTrait"],
  [ResourceType_Trait.TRAIT_SECRET, "SecretTrait"],
]);

/** The annotation that a resource lacks although its type declares the trait; undefined if none is missing. */
export function findMissingTrait(
  traits: readonly ResourceType_Trait[],
  annotations: Parameters<typeof hasAnnotation>[0],
): AnnotationName | undefined {
  for (const trait of traits) {
    const name = REQUIRED_TRAITS.get(trait);
    if (name !== undefined && !hasAnnotation(annotations, name)) return name;
  }
  return undefined;
}
