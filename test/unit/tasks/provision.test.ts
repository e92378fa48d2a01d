import { describe, expect, it } from "vitest";
import {
  GrantManagerServiceGrantRequest,
  GrantManagerServiceRevokeRequest,
  type GrantManagerServiceGrantRequest as GrantRequest,
} from "#gen/c1/connector/v2/grant.ts";
import type { CallContext } from "#kernel/context.ts";
import { Code } from "#kernel/errors.ts";
import { packAnnotation } from "#model/annotations.ts";
import * as provision from "#tasks/grant-and-revoke.ts";
import { type RecordSource, withStoredRecords } from "#tasks/stored-records.ts";
import { runSyncTask } from "#tasks/sync-into-file.ts";
import { FakeSyncClient } from "../../fakes/sync-client.ts";
import { organization, red } from "../sync/organization.ts";
import {
  catchError,
  createBench,
  makeEntitlement,
  makeResource,
  makeType,
  type SyncBench,
} from "../sync/support.ts";

/** Remembers what it was asked and answers with the given annotations. */
function provisioner(...annotations: ReturnType<typeof packAnnotation>[]) {
  const grants: GrantRequest[] = [];
  const revokes: GrantManagerServiceRevokeRequest[] = [];
  return {
    grants,
    revokes,
    grant: async (request: GrantRequest) => {
      grants.push(GrantManagerServiceGrantRequest.fromPartial(request));
      return { annotations, grants: [] };
    },
    revoke: async (request: GrantManagerServiceRevokeRequest) => {
      revokes.push(GrantManagerServiceRevokeRequest.fromPartial(request));
      return { annotations };
    },
  };
}

type Client = ReturnType<typeof provisioner>;

function runGrantTask(client: Client, options: RecordSource & provision.GrantTaskOptions, ctx: CallContext) {
  return withStoredRecords(options, ctx, (records) => provision.runGrantTask(client, records, options, ctx));
}

function runRevokeTask(client: Client, options: RecordSource & { grantId: string }, ctx: CallContext) {
  return withStoredRecords(options, ctx, (records) =>
    provision.runRevokeTask(client, records, options.grantId, ctx),
  );
}

let bench: SyncBench;

async function syncFile(
  data = organization(),
  targets: { id: { resourceType: string; resource: string } }[] = [],
) {
  bench = await createBench();
  const options = { file: bench.path, retention: { keepFullSyncs: 2 } };
  await runSyncTask(new FakeSyncClient(data), options, bench.ctx);
  if (targets.length > 0) await runSyncTask(new FakeSyncClient(data), { ...options, targets }, bench.ctx);
}

describe("a grant from the command line", () => {
  it("sends the stored entitlement, its stored resource and the stored principal", async () => {
    await syncFile();
    const client = provisioner();
    const options = {
      file: bench.path,
      entitlementId: "team:red:member",
      principalId: "cid",
      principalType: "user",
    };
    expect(await runGrantTask(client, options, bench.ctx)).toMatchObject({ alreadyExisted: false });
    expect(client.grants).toHaveLength(1);
    const [{ entitlement, principal } = GrantManagerServiceGrantRequest.create()] = client.grants;
    expect(entitlement).toMatchObject({ id: "team:red:member", resource: { displayName: "team red" } });
    expect(entitlement?.resource?.parentResourceId).toMatchObject({ resourceType: "org", resource: "acme" });
    expect(principal).toMatchObject({ id: { resource: "cid" }, displayName: "user cid" });
  });

  it("says when there was nothing to do", async () => {
    await syncFile();
    const options = {
      file: bench.path,
      entitlementId: "team:red:member",
      principalId: "cid",
      principalType: "user",
    };
    const result = await runGrantTask(provisioner(packAnnotation("GrantAlreadyExists")), options, bench.ctx);
    expect(result.alreadyExisted).toBe(true);
  });

  it("finds the principal's type when the entitlement allows only one", async () => {
    const data = organization();
    data.entitlements["team:red"] = [
      { items: [{ ...makeEntitlement(red, "member"), grantableTo: [makeType("user")] }] },
    ];
    await syncFile(data);
    const client = provisioner();
    await runGrantTask(
      client,
      { file: bench.path, entitlementId: "team:red:member", principalId: "cid" },
      bench.ctx,
    );
    expect(client.grants[0]?.principal?.id?.resourceType).toBe("user");
    const open = { file: bench.path, entitlementId: "team:blue:member", principalId: "cid" };
    const error = await catchError(runGrantTask(client, open, bench.ctx));
    expect(error.code).toBe(Code.InvalidArgument);
    expect(error.message).toContain("--grant-principal-type");
  });

  it.each([
    [{ entitlementId: "team:red:boss", principalId: "cid" }, "no entitlement team:red:boss"],
    [{ entitlementId: "team:red:member", principalId: "zoe" }, "no resource user:zoe"],
  ])("of something unknown is refused without asking the connector", async (ids, problem) => {
    await syncFile();
    const client = provisioner();
    const error = await catchError(
      runGrantTask(client, { file: bench.path, principalType: "user", ...ids }, bench.ctx),
    );
    expect(error.code).toBe(Code.NotFound);
    expect(error.message).toContain(problem);
    expect(client.grants).toEqual([]);
  });

  it("on another connector's resource is refused", async () => {
    await syncFile();
    const file = await bench.open();
    const run = file.runs.start("partial", file.runs.pick().id);
    // Only a host stores such a resource: a connector that sends one is refused.
    const external = makeResource("org", "acme", [packAnnotation("BatonID")]);
    file.writer(run.id).putResources([external]);
    file.writer(run.id).putEntitlements([makeEntitlement(external, "audit")]);
    file.runs.end(run.id);
    await file.save();
    const options = {
      file: bench.path,
      entitlementId: "org:acme:audit",
      principalId: "cid",
      principalType: "user",
    };
    const error = await catchError(runGrantTask(provisioner(), options, bench.ctx));
    expect(error.code).toBe(Code.FailedPrecondition);
    expect(error.message).toContain("external resource");
  });

  it("finds in the last full sync what a later targeted one has not", async () => {
    await syncFile(organization(), [{ id: { resourceType: "team", resource: "red" } }]);
    const client = provisioner();
    const options = {
      file: bench.path,
      entitlementId: "team:red:member",
      principalId: "cid",
      principalType: "user",
    };
    await runGrantTask(client, options, bench.ctx);
    expect(client.grants).toHaveLength(1);
  });
});

describe("a revoke from the command line", () => {
  it("sends the stored grant with its entitlement and principal in full", async () => {
    await syncFile();
    const client = provisioner(packAnnotation("GrantAlreadyRevoked"));
    const result = await runRevokeTask(
      client,
      { file: bench.path, grantId: "team:red:member:user:ann" },
      bench.ctx,
    );
    expect(result.alreadyRevoked).toBe(true);
    expect(client.revokes[0]?.grant).toMatchObject({
      id: "team:red:member:user:ann",
      entitlement: { slug: "member", resource: { displayName: "team red" } },
      principal: { displayName: "user ann" },
    });
  });

  it("of an unknown grant is refused without asking the connector", async () => {
    await syncFile();
    const client = provisioner();
    const error = await catchError(
      runRevokeTask(client, { file: bench.path, grantId: "nothing" }, bench.ctx),
    );
    expect(error.code).toBe(Code.NotFound);
    expect(client.revokes).toEqual([]);
  });
});
