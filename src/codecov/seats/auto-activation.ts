/** What those who take a seat must know. */
export const AUTO_ACTIVATION =
  "while auto-activation is on for the organization, Codecov gives the seat back as soon as the member opens a pull request on a private repository or views one; turn it off on the members page";
