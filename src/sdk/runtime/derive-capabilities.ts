import {
  Capability,
  ConnectorCapabilities,
  type ResourceTypeCapability,
} from "#gen/c1/connector/v2/connector.ts";
import { findAnnotation, hasAnnotation } from "#model/annotations.ts";
import type { ResourceSyncer } from "./connector.ts";
import type { Registry } from "./registry.ts";

/**
 * What the connector can do, derived from what it implements. It does not depend on settings: a connector
 * that may not provision at the moment still says that it can.
 */
export function deriveCapabilities(registry: Registry): ConnectorCapabilities {
  const perType = registry.resourceTypes.map(({ id }) => describeType(registry.syncer(id)));
  const union = new Set(perType.flatMap(({ capabilities }) => capabilities));
  if (union.has(Capability.CAPABILITY_TARGETED_SYNC)) {
    union.add(Capability.CAPABILITY_SERVICE_MODE_TARGETED_SYNC);
  }
  if (registry.eventFeeds.length > 0) union.add(Capability.CAPABILITY_EVENT_FEED_V2);
  if (registry.actions().length > 0) union.add(Capability.CAPABILITY_ACTIONS);
  return ConnectorCapabilities.fromPartial({
    resourceTypeCapabilities: perType,
    connectorCapabilities: [...union].toSorted((a, b) => a - b),
    credentialDetails: {},
  });
}

function describeType(syncer: ResourceSyncer): ResourceTypeCapability {
  const { resourceType } = syncer;
  const { annotations } = resourceType;
  return {
    resourceType,
    capabilities: capabilitiesOf(syncer),
    permissions: findAnnotation(annotations, "CapabilityPermissions") ?? { permissions: [] },
    optInRequired: hasAnnotation(annotations, "OptInRequired"),
    skipSyncAnomalyDetection: hasAnnotation(annotations, "SkipSyncAnomalyDetection"),
    credentialIssue: undefined,
    deprecated: hasAnnotation(annotations, "Deprecated"),
  };
}

/** In the order in which Go connectors name them. */
function capabilitiesOf(syncer: ResourceSyncer): Capability[] {
  const capabilities: Capability[] = [Capability.CAPABILITY_SYNC];
  if (syncer.get !== undefined) capabilities.push(Capability.CAPABILITY_TARGETED_SYNC);
  if (syncer.grant !== undefined) capabilities.push(Capability.CAPABILITY_PROVISION);
  if (syncer.delete !== undefined) capabilities.push(Capability.CAPABILITY_RESOURCE_DELETE);
  if (syncer.create !== undefined) capabilities.push(Capability.CAPABILITY_RESOURCE_CREATE);
  return capabilities;
}
