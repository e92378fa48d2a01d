import { expect, test } from "vitest";
import type { LaunchedConnector } from "#launch/launch.ts";
import { Resource } from "#model/resource.ts";
import { startCodecovHost } from "../contract/codecov-host.ts";

const MEMBERS = 300;

/** One page of users, as any host on the SDK asks for it. */
async function listUsers({ client }: LaunchedConnector, pageToken: string) {
  const request = {
    resourceTypeId: "user",
    parentResourceId: undefined,
    pageSize: 125,
    pageToken,
    annotations: [],
    activeSyncId: "",
    trait: 0 as const,
  };
  const { list, nextPageToken } = await client.listResources(request, new AbortController().signal);
  return { names: [...list].map((row) => Resource.decode(row.encoded).id?.resource), nextPageToken };
}

test("a page token of another server leads to the first page of the roster, and on from there", async () => {
  await using former = await startCodecovHost({ generated: { members: MEMBERS } });
  await using present = await startCodecovHost({ generated: { members: MEMBERS } });
  const first = await listUsers(former.connector, "");
  expect(first.names).toHaveLength(125);

  let page = await listUsers(present.connector, first.nextPageToken);
  expect(page.names).toEqual(first.names);
  const names = [...page.names];
  while (page.nextPageToken !== "") {
    page = await listUsers(present.connector, page.nextPageToken);
    names.push(...page.names);
  }
  expect(new Set(names).size).toBe(MEMBERS);
  expect(names).toHaveLength(MEMBERS);
});
