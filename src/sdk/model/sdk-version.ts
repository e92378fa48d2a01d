/**
 * Release of baton-sdk whose contract this program keeps. Hosts compare it: an older or a pre-release
 * version would cost the connector its sync ids (observed with baton-sdk v0.25.0).
 */
export const SDK_VERSION = "v0.25.0";
