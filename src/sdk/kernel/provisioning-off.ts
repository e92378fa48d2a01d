/**
 * Why a change is refused where no change is allowed, and what allows it. The beginning is the wording of Go connectors.
 * The settings are named here because this is refused at two depths that know nothing of the command line.
 */
export const PROVISIONING_OFF =
  "provisioning is not enabled; start the program that serves the connector with --provisioning, or with BATON_PROVISIONING=true, to allow changes";
