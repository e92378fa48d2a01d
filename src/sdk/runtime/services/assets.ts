import {
  type AssetServiceGetAssetResponse,
  AssetServiceService as Service,
} from "#gen/c1/connector/v2/asset.ts";
import { type Endpoint, serverStream } from "../unary.ts";

/** Icons and logos. No connector of this program has any, and the answer to that is an empty stream. */
export function assetEndpoints(): Endpoint[] {
  return [
    serverStream(Service.getAsset, async function* (): AsyncGenerator<AssetServiceGetAssetResponse> {
      // Nothing to yield.
    }),
  ];
}
