import { pathSegment } from "./owner.ts";
import { noSuchRoute, readDetail } from "./refusal.ts";
import { DEFAULT_ATTEMPTS, type Requests } from "./request.ts";
import { type Owner, type OwnerPage, ownerPageSchema, ownerSchema } from "./schemas.ts";

/** Accounts asked for with one request for the token's own; nobody is in as many organizations. */
const MAX_OWNERS = 1_000;

/** `GET /{service}/{owner}/`, which anyone may read; undefined if Codecov knows no such organization or person. */
export async function readOwner(requests: Requests): Promise<Owner | undefined> {
  const { service, owner } = requests.target;
  return requests.get(
    `/${service}/${pathSegment(owner)}/`,
    { attempts: DEFAULT_ATTEMPTS },
    (response, endpoint) => {
      if (response.status !== 404) return requests.decode(response, ownerSchema, endpoint);
      if (readDetail(response) === undefined) throw noSuchRoute(endpoint);
      return undefined;
    },
  );
}

/**
 * `GET /{service}/`: the token's owner and the organizations it is in, nothing if the token belongs to
 * another service. Undefined if Codecov cannot tell, as for an account that was never synchronized.
 */
export async function readOwnersOfToken(requests: Requests): Promise<OwnerPage | undefined> {
  const path = `/${requests.target.service}/?page_size=${MAX_OWNERS}`;
  return requests.get(path, { attempts: 1 }, (response, endpoint) =>
    response.status === 500 ? undefined : requests.decode(response, ownerPageSchema, endpoint),
  );
}
