/** What those who take a seat must know. */
export const AUTO_ACTIVATION =
  "while auto-activation is on for the organization, Codecov gives the seat back by itself with the member's next pull request to, or read of, a private repository; it is turned off on the members page";
