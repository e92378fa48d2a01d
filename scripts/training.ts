import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import type { Training } from "#package/tools/executable/train.ts";

/** An organization with one member, as far as a sync asks. */
const MEMBER = { service: "github", username: "ann", name: "Ann", email: "ann@example.com" };
const ROSTER = pageOf({ ...MEMBER, activated: true, is_admin: true });
const OWNERS = pageOf(MEMBER);

/** The Codecov on which the executable learns to start fast. */
export async function startTraining(): Promise<Training> {
  const server = createServer((request, response) => {
    const path = request.url ?? "";
    const answer = path.includes("/users/") ? ROSTER : path.includes("/acme/") ? MEMBER : OWNERS;
    response.setHeader("content-type", "application/json").end(JSON.stringify(answer));
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
  const { port } = server.address() as AddressInfo;
  return {
    env: {
      BATON_CODECOV_API_TOKEN: "none",
      BATON_CODECOV_SERVICE: "github",
      BATON_CODECOV_OWNER: "acme",
      BATON_CODECOV_BASE_URL: `http://127.0.0.1:${port}`,
    },
    close: () => void server.close(),
  };
}

function pageOf(row: object) {
  return { count: 1, next: null, previous: null, total_pages: 1, results: [row] };
}
