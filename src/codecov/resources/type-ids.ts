/** Ids of the resource types. They are part of every stored id and never change. */
export const USER_TYPE = "user";
export const ORG_TYPE = "org";
export const LICENSE_TYPE = "license";
