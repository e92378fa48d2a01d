import { resolveApiAddress, serverAddress } from "#codecov/api/api-address.ts";
import { resolveOwner } from "#codecov/api/owner.ts";
import type { Organization } from "#codecov/coverage/model/ledger.ts";
import { type CodecovConfig, fields } from "#codecov/fields.ts";
import { isGiven, loadFields, type Sources } from "#config/load.ts";

/**
 * Whose coverage these settings are about.
 *
 * @throws BatonError for an address or an owner that cannot be
 */
export function organizationOf({
  service,
  owner,
  baseUrl,
  allowHttp,
}: Pick<CodecovConfig, "service" | "owner" | "baseUrl" | "allowHttp">): Organization {
  resolveApiAddress(baseUrl, allowHttp);
  return { service, owner: resolveOwner(service, owner), origin: serverAddress(baseUrl) };
}

/** The same for a command that needs no settings of the connector: undefined unless they name an organization. */
export function findOrganization(sources: Sources): Organization | undefined {
  const { service, owner, baseUrl, allowHttp } = fields;
  if (!isGiven(service, sources) || !isGiven(owner, sources)) return undefined;
  return organizationOf(loadFields({ service, owner, baseUrl, allowHttp }, [], sources));
}
