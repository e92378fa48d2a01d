import { READ_AND_PATCH } from "./answer.ts";
import { renderUserRow } from "./generated-members.ts";
import { changeSeat } from "./seats.ts";
import { flagsOf } from "./state.ts";
import { findUser } from "./users.ts";
import { requireMembership, type View } from "./view.ts";

/** `GET` and `PATCH /{service}/{owner}/users/{username or ownerid}/`. Any member may do both. */
export const userDetailView: View = {
  title: "User Instance",
  allow: READ_AND_PATCH,
  authorize: requireMembership,
  get(call) {
    const organization = requireMembership(call);
    const owner = findUser(call, organization);
    return Buffer.from(renderUserRow(owner, flagsOf(organization, owner.ownerid)));
  },
  patch: changeSeat,
};
