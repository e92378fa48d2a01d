import { type Answer, bareError, jsonBody, Refusal, ServerFailure, Unauthorized } from "./answer.ts";
import { authenticate } from "./auth.ts";
import { COMPACT_JSON, chooseRepresentation, describeView, present } from "./negotiation.ts";
import type { ApiRequest } from "./request.ts";
import { findRoute, type Route } from "./routes.ts";
import type { ServerState } from "./state.ts";
import type { Call, ServerSettings } from "./view.ts";

/** The simulated application: a request in, an answer out. Knows nothing of sockets. */
export async function answerRequest(
  request: ApiRequest,
  state: ServerState,
  settings: ServerSettings,
): Promise<Answer> {
  const route = findRoute(request.path, request.rawQuery, settings.timeSeries);
  if (route.kind === "miss") return bareError(404, "Page Not Found (404)");
  if (route.kind === "redirect") return redirect(route.location);
  if (route.kind === "health") return HEALTH;
  try {
    return await answerView(route, request, state, settings);
  } catch (error) {
    if (error instanceof ServerFailure) return bareError(500, "Server Error (500)");
    throw error;
  }
}

async function answerView(
  route: Extract<Route, { kind: "view" }>,
  request: ApiRequest,
  state: ServerState,
  settings: ServerSettings,
): Promise<Answer> {
  const { view, parameters } = route;
  const headers: Record<string, string> = view.allow === "" ? {} : { allow: view.allow };
  let representation = COMPACT_JSON;
  try {
    representation = chooseRepresentation(request, route.format);
    const isSuper = view.takesSuperToken === true && bearsSuperToken(request, settings);
    const caller = isSuper ? undefined : authenticate(request.headers.authorization, state, settings.clock);
    const call: Call = { request, state, settings, parameters, caller };
    if (!isSuper) view.authorize(call);
    return present(representation, view.title, 200, headers, await runMethod(route, call));
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    if (error instanceof Unauthorized) headers["www-authenticate"] = "Bearer";
    return present(representation, view.title, error.status, headers, jsonBody(error.body));
  }
}

function bearsSuperToken({ headers }: ApiRequest, { superToken }: ServerSettings): boolean {
  return superToken !== undefined && headers.authorization === `Bearer ${superToken}`;
}

async function runMethod({ view }: Extract<Route, { kind: "view" }>, call: Call): Promise<Buffer> {
  const { method } = call.request;
  if (method === "GET" || method === "HEAD") return view.get(call);
  if (method === "OPTIONS") return describeView(view.title);
  if (method === "PATCH" && view.patch !== undefined) return await view.patch(call);
  throw Refusal.detail(405, `Method "${method}" not allowed.`);
}

/** The page for load balancers, which needs no token. */
const HEALTH: Answer = {
  status: 200,
  headers: { "content-type": "text/html; charset=utf-8", vary: "Cookie, origin" },
  body: Buffer.from("26.7.6 is live!"),
};

function redirect(location: string): Answer {
  const headers = { "content-type": "text/html; charset=utf-8", vary: "Cookie, origin", location };
  return { status: 301, headers, body: Buffer.alloc(0) };
}
