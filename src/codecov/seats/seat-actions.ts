import type { ApiAccess } from "#codecov/api/api-access.ts";
import { BatonError, Code } from "#kernel/errors.ts";
import { ActionType, makeActionSchema } from "#model/action.ts";
import type { Action, ActionStruct } from "#runtime/connector.ts";
import { changeSeat } from "./seat-change.ts";
import type { SeatWriter } from "./seat-writer.ts";

/** Name of the actions' one argument. */
const USER_ID = "user_id";

interface SeatAction {
  readonly name: string;
  readonly displayName: string;
  readonly description: string;
  readonly type: ActionType;
  readonly activated: boolean;
}

const SEAT_ACTIONS: readonly SeatAction[] = [
  {
    name: "enable_user",
    displayName: "Enable user",
    description: "Gives a member of the organization a Codecov seat.",
    type: ActionType.ACTION_TYPE_ACCOUNT_ENABLE,
    activated: true,
  },
  {
    name: "disable_user",
    displayName: "Disable user",
    description: "Takes a member's Codecov seat away.",
    type: ActionType.ACTION_TYPE_ACCOUNT_DISABLE,
    activated: false,
  },
];

/**
 * `enable_user` and `disable_user`: the seat is what makes a user enabled. Both fail with NotFound for somebody who
 * is not on the roster: a caller who asks by id would take a success for that person's.
 */
export function makeSeatActions(connection: ApiAccess, writer: SeatWriter): Action[] {
  return SEAT_ACTIONS.map(({ activated, ...description }) => ({
    schema: describeAction(description),
    async invoke(args, ctx) {
      const userId = readUserId(args);
      const isChanged = await changeSeat({ userId, activated, mustBeMember: true, connection, writer }, ctx);
      return { response: { success: true, changed: isChanged } };
    },
  }));
}

function describeAction({ name, displayName, description, type }: Omit<SeatAction, "activated">) {
  return makeActionSchema({
    name,
    displayName,
    description,
    types: [ActionType.ACTION_TYPE_ACCOUNT, type],
    arguments: [
      {
        name: USER_ID,
        displayName: "User",
        description: "Id of the user resource; for almost everybody the user name.",
        kind: "string",
        required: true,
      },
    ],
    results: [
      {
        name: "success",
        displayName: "Success",
        description: "The user is in the wanted state.",
        kind: "bool",
      },
      {
        name: "changed",
        displayName: "Changed",
        description: "The user was not in that state before.",
        kind: "bool",
      },
    ],
  });
}

function readUserId(args: ActionStruct): string {
  const value = args[USER_ID];
  if (typeof value === "string" && value !== "") return value;
  throw new BatonError(
    Code.InvalidArgument,
    `the action needs the argument ${USER_ID}, the id of a user resource`,
  );
}
