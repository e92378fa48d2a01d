import {
  GetActionSchemaResponse,
  GetActionStatusResponse,
  InvokeActionResponse,
  ListActionSchemasResponse,
} from "#gen/c1/connector/v2/action.ts";
import { ListEventFeedsResponse, ListEventsResponse } from "#gen/c1/connector/v2/event_feed.ts";
import {
  GrantManagerServiceGrantResponse,
  GrantManagerServiceRevokeResponse,
} from "#gen/c1/connector/v2/grant.ts";
import {
  CreateAccountResponse,
  CreateResourceResponse,
  DeleteResourceResponse,
  IssueCredentialResponse,
  RotateCredentialResponse,
} from "#gen/c1/connector/v2/resource.ts";
import { Code } from "#kernel/errors.ts";
import { listEventFeeds } from "#tasks/read-events.ts";
import { refuseFailedAction } from "#tasks/run-action.ts";
import { type CallHandlers, pack, requirePart } from "./handler.ts";
import { ticketHandlers } from "./ticket-handlers.ts";

/** How a task that changes something is treated; as Go connectors have it. */
const CHANGE = { changes: true, finalRefusals: "all" } as const;

/** What is done for each kind of task that is one call to the connector. */
export const callHandlers: CallHandlers = {
  grant: {
    ...CHANGE,
    async run({ entitlement, principal }, { connector, ctx }) {
      requirePart(entitlement !== undefined && principal !== undefined, "an entitlement and a principal");
      const request = { entitlement, principal, annotations: [] };
      const response = await connector.client.grant(request, ctx.signal);
      return pack("GrantManagerServiceGrantResponse", GrantManagerServiceGrantResponse, response);
    },
  },
  revoke: {
    ...CHANGE,
    async run({ grant }, { connector, ctx }) {
      requirePart(grant !== undefined, "a grant");
      const response = await connector.client.revoke({ grant, annotations: [] }, ctx.signal);
      return pack("GrantManagerServiceRevokeResponse", GrantManagerServiceRevokeResponse, response);
    },
  },
  createAccount: {
    ...CHANGE,
    async run(payload, { connector, ctx }) {
      requirePart(payload.accountInfo !== undefined, "the account");
      const response = await connector.client.createAccount(payload, ctx.signal);
      return pack("CreateAccountResponse", CreateAccountResponse, response);
    },
  },
  createResource: {
    ...CHANGE,
    async run({ resource }, { connector, ctx }) {
      requirePart(resource !== undefined, "a resource");
      const response = await connector.client.createResource({ resource }, ctx.signal);
      return pack("CreateResourceResponse", CreateResourceResponse, response);
    },
  },
  deleteResource: {
    ...CHANGE,
    async run({ resourceId, parentResourceId }, { connector, ctx }) {
      requirePart(Boolean(resourceId?.resourceType && resourceId.resource), "the id of a resource");
      const response = await connector.client.deleteResource({ resourceId, parentResourceId }, ctx.signal);
      return pack("DeleteResourceResponse", DeleteResourceResponse, response);
    },
  },
  rotateCredentials: {
    ...CHANGE,
    async run(payload, { connector, ctx }) {
      requirePart(payload.resourceId !== undefined, "the id of a resource");
      const response = await connector.client.rotateCredential(payload, ctx.signal);
      return pack("RotateCredentialResponse", RotateCredentialResponse, response);
    },
  },
  issueCredential: {
    ...CHANGE,
    async run(payload, { taskId, connector, ctx }) {
      const { identityId, credentialOptions, encryptionConfigs } = payload;
      requirePart(
        identityId !== undefined && credentialOptions !== undefined && encryptionConfigs.length > 0,
        "an identity, options and a key to encrypt to",
      );
      const response = await connector.client.issueCredential({ ...payload, requestId: taskId }, ctx.signal);
      return pack("IssueCredentialResponse", IssueCredentialResponse, response);
    },
  },

  listEventFeeds: {
    async run(_payload, { connector, ctx }) {
      const list = await listEventFeeds(await connector.features(), ctx);
      return pack("ListEventFeedsResponse", ListEventFeedsResponse, { list, annotations: [] });
    },
  },
  listEvents: {
    async run({ cursor, startAt, eventFeedId, pageSize }, { connector, ctx }) {
      const features = await connector.features();
      const request = { cursor, startAt, eventFeedId, pageSize, annotations: [] };
      const { events, cursor: next, hasMore } = await features.listEvents(request, ctx.signal);
      const response = { events, cursor: next, hasMore, annotations: [] };
      return pack("ListEventsResponse", ListEventsResponse, response);
    },
  },

  actionListSchemas: {
    async run({ resourceTypeId, annotations }, { connector, ctx }) {
      const features = await connector.features();
      const response = await features.listActionSchemas({ resourceTypeId, annotations }, ctx.signal);
      return pack("ListActionSchemasResponse", ListActionSchemasResponse, response);
    },
  },
  actionGetSchema: {
    async run({ name, annotations }, { connector, ctx }) {
      requirePart(name !== "", "the name of an action");
      const features = await connector.features();
      const response = await features.getActionSchema({ name, annotations }, ctx.signal);
      return pack("GetActionSchemaResponse", GetActionSchemaResponse, response);
    },
  },
  actionInvoke: {
    changes: true,
    // Provisioning is off, or an argument is missing. Go connectors run the action in both cases.
    finalRefusals: [Code.FailedPrecondition, Code.InvalidArgument],
    async run({ name, args, annotations, resourceTypeId }, { connector, ctx }) {
      requirePart(name !== "", "the name of an action");
      const features = await connector.features();
      const request = { name, args, annotations, resourceTypeId, inlineWait: undefined };
      const response = await features.invokeAction(request, ctx.signal);
      refuseFailedAction(name, response);
      return pack("InvokeActionResponse", InvokeActionResponse, response);
    },
  },
  actionStatus: {
    async run({ name, id, annotations }, { connector, ctx }) {
      requirePart(id !== "", "the id of an action");
      const features = await connector.features();
      const response = await features.getActionStatus({ name, id, annotations }, ctx.signal);
      return pack("GetActionStatusResponse", GetActionStatusResponse, response);
    },
  },

  ...ticketHandlers,
};
