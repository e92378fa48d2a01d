/** What the demo's repositories are, as the list shows them; `secret-lab` is visible to nobody. */
export const DEMO_STATES = {
  "payments-api": "measured",
  web: "measured",
  "mobile-app": "measured",
  billing: "measured",
  vault: "measured",
  search: "measured",
  docs: "not_active",
  infrastructure: "not_active",
  recommender: "no_report",
  "design-tokens": "no_report",
  gateway: "no_report",
  "(unreadable 1)": "unreadable",
};
