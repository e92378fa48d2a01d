import type { FieldSet } from "./field.ts";
import { hiddenList, hiddenSwitches, hiddenTexts } from "./hidden-fields.ts";

/**
 * Settings of a Go connector that this program has no use for. A Go host hands its command line to the
 * connector process as it was typed, so they have to be understood; our own host refuses them when given.
 */
export const foreignFields = {
  ...hiddenSwitches({
    ticketing: ["ticketing", "Allow ticketing operations"],
    createTicket: ["create-ticket", "Create a ticket"],
    bulkCreateTicket: ["bulk-create-ticket", "Create several tickets"],
    getTicket: ["get-ticket", "Show a ticket"],
    listTicketSchemas: ["list-ticket-schemas", "List the kinds of tickets"],
    diffSyncs: ["diff-syncs", "Compare two syncs of a file"],
    compactSyncs: ["compact-syncs", "Merge several syncs into one file"],
    logEventLog: ["log-event-log", "Log to the Windows event log"],
  }),
  ...hiddenTexts({
    authMethod: ["auth-method", "Which group of fields holds the credentials"],
    externalResource: ["external-resource-c1z", "A second file with identities to match"],
    externalResourceFilter: [
      "external-resource-entitlement-id-filter",
      "Match only holders of this entitlement",
    ],
    ticketTemplatePath: ["ticket-template-path", "File with the ticket to create"],
    bulkTicketTemplatePath: ["bulk-ticket-template-path", "File with the tickets to create"],
    ticketId: ["ticket-id", "Id of the ticket to show"],
    listResourceActions: ["list-resource-actions", "Not used by any program"],
    invokeResourceAction: ["invoke-resource-action", "Not used by any program"],
    invokeResourceActionType: ["invoke-resource-action-resource-type", "Not used by any program"],
    invokeResourceActionArgs: ["invoke-resource-action-args", "Not used by any program"],
    baseSyncId: ["base-sync-id", "The older one of two syncs to compare"],
    appliedSyncId: ["applied-sync-id", "The newer one of two syncs to compare"],
    compactOutputPath: ["compact-output-path", "Directory for the merged file"],
  }),
  externalResourceTraits: hiddenList("external-resource-traits", "Traits taken from the second file"),
  compactFilePaths: hiddenList("compact-file-paths", "Files to merge"),
  compactSyncIds: hiddenList("compact-sync-ids", "Syncs to merge"),
} as const satisfies FieldSet;
