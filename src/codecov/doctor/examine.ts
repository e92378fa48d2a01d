import type { CodecovCall } from "#codecov/api/api.ts";
import type { Member } from "#codecov/api/schemas.ts";
import type { Health } from "#codecov/api/server-health.ts";
import { readRepositoryList } from "#codecov/coverage/reading/repository-list.ts";
import { readSeat } from "#codecov/coverage/reading/seat.ts";
import { chooseProxy } from "#http/proxy.ts";
import type { CallContext } from "#kernel/context.ts";
import { BatonError, Code, toBatonError } from "#kernel/errors.ts";
import { type Check, failed, failedWith, limited, ok, skipped } from "./check.ts";
import { examineReports, REPORT_PLACES } from "./reports.ts";

/** Everything that a checklist looks at, and what it must not know how to reach. */
export interface Patient {
  readonly call: CodecovCall;
  readonly ctx: CallContext;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Whether sign-in sessions are wanted, so that they are no option. */
  readonly wantsSessions: boolean;
  /** Looks up a host name. @throws Error if there is none */
  readonly resolveName: (host: string) => Promise<string>;
  /** Files that the program will write, by the setting that names them. */
  readonly files: readonly { readonly setting: string; readonly path: string }[];
  /** Whether a file can be written, without writing it. @throws Error why not */
  readonly tryFile: (path: string) => Promise<void>;
}

const PROXY = { id: "proxy", title: "proxy" };
const NAME = { id: "name", title: "name resolved" };
const TLS = { id: "tls", title: "TLS trusted" };
const VERSION = { id: "version", title: "Codecov's version" };
const CLOCK = { id: "clock", title: "clock" };
const TOKEN = { id: "token", title: "token accepted" };
const OWNER = { id: "owner", title: "token's owner" };
const MEMBER = { id: "member", title: "member" };
const ADMIN = { id: "admin", title: "admin" };
const SEAT = { id: "seat", title: "seat" };
const SESSIONS = { id: "sessions", title: "sign-in sessions" };
const REPOSITORIES = { id: "repositories", title: "repositories visible" };

/** What needs a token that is accepted. */
const BEHIND_TOKEN = [OWNER, MEMBER, ADMIN, SEAT, SESSIONS, REPOSITORIES, ...REPORT_PLACES];

/** A clock that is wrong by more than this makes certificates and ages wrong. */
const LARGEST_CLOCK_ERROR_MS = 60_000;

/** Members of a page; the search finds the token's owner in larger organizations. */
const ROSTER_ROWS = 1_000;

/** Accounts of the token that are searched for one by one. */
const MOST_SEARCHES = 20;

/**
 * Goes through everything that has to be in place, and says of each whether it is. Reads only, below private repositories
 * only with a seat that is there already.
 *
 * @throws what ends `ctx`
 */
export async function examine(patient: Patient): Promise<readonly Check[]> {
  const network = await examineNetwork(patient);
  const files = await examineFiles(patient);
  // A wrong clock is worth a line, and stops nothing.
  const isReached = network.every(({ id, status }) => status !== "failed" || id === CLOCK.id);
  const told = new Set(network.map(({ id }) => id));
  const rest = isReached
    ? await examineAccess(patient)
    : [TOKEN, ...BEHIND_TOKEN].filter(({ id }) => !told.has(id)).map(skipped);
  return [...network, ...rest, ...files];
}

async function examineNetwork({ call, ctx, env, resolveName }: Patient): Promise<Check[]> {
  const origin = new URL(call.target.origin);
  const checks: Check[] = [];
  let isDirect = true;
  try {
    const proxy = chooseProxy(origin, env);
    isDirect = proxy === undefined;
    checks.push(
      ok(
        PROXY,
        proxy === undefined
          ? "none, direct connection"
          : `${proxy.hostname}:${proxy.port} (${proxy.variable})`,
      ),
    );
  } catch (error) {
    checks.push(failedWith(PROXY, toBatonError(error)));
    return [...checks, ...[NAME, TLS, VERSION, CLOCK].map(skipped)];
  }
  try {
    const host = origin.hostname.replace(/^\[(.*)\]$/, "$1");
    checks.push(ok(NAME, isDirect ? `${host} is ${await resolveName(host)}` : "left to the proxy"));
  } catch {
    const remedy =
      "check --codecov-base-url, the DNS of this machine, and HTTPS_PROXY if connections need one";
    checks.push(failed(NAME, `there is no host named ${origin.hostname}`, remedy, Code.InvalidArgument));
    return [...checks, ...[TLS, VERSION, CLOCK].map(skipped)];
  }
  try {
    const health = await call.health();
    return [...checks, describeTls(origin), describeVersion(health), describeClock(health, ctx)];
  } catch (error) {
    ctx.signal.throwIfAborted();
    const reason = toBatonError(error);
    // A token that cannot be sent fails before anything is.
    if (reason.message.startsWith("--codecov-api-token"))
      return [...checks, ...[TLS, VERSION, CLOCK].map(skipped), failedWith(TOKEN, reason)];
    const isTls = reason.code === Code.FailedPrecondition && origin.protocol === "https:";
    const [tls, version] = isTls
      ? [failedWith(TLS, reason), skipped(VERSION)]
      : [skipped(TLS), failedWith(VERSION, reason)];
    return [...checks, tls, version, skipped(CLOCK)];
  }
}

function describeTls({ protocol }: URL): Check {
  if (protocol === "https:") return ok(TLS, "the certificate is trusted");
  return limited(
    TLS,
    "the connection is not encrypted (http://)",
    "use https:// in --codecov-base-url, unless Codecov is on this machine",
  );
}

function describeVersion({ version, problem }: Health): Check {
  if (version !== undefined) return ok(VERSION, version);
  return limited(
    VERSION,
    problem === undefined ? "the server does not tell" : `the server returned ${problem} for /health/`,
    "nothing to do for Codecov's own service; otherwise check that --codecov-base-url is the address of a Codecov API",
  );
}

function describeClock({ date }: Health, { clock }: CallContext): Check {
  if (date === undefined)
    return limited(
      CLOCK,
      "the server does not tell its time",
      "nothing to do, if the clock of this machine is right",
    );
  const seconds = Math.round((clock.now() - date) / 1_000);
  if (Math.abs(seconds) * 1_000 <= LARGEST_CLOCK_ERROR_MS)
    return ok(CLOCK, `agrees with the server's to ${Math.abs(seconds)} s`);
  return failed(
    CLOCK,
    `is ${Math.abs(seconds)} s ${seconds > 0 ? "ahead of" : "behind"} the server's`,
    "set the clock of this machine, for example with NTP",
  );
}

async function examineAccess(patient: Patient): Promise<Check[]> {
  const { call, ctx } = patient;
  try {
    const owners = await call.ownersOfToken();
    const accounts = owners?.results ?? [];
    const [only, another] = accounts;
    const isOrganization =
      another === undefined && only?.username?.toLowerCase() === call.target.owner.toLowerCase();
    const token = ok(TOKEN, "Codecov accepts it");
    const rest = isOrganization
      ? describeOrganization(call.target.owner)
      : await examineMember(patient, accounts);
    return [token, ...rest, await examineSessions(patient), ...(await examineRepositories(patient))];
  } catch (error) {
    ctx.signal.throwIfAborted();
    return [failedWith(TOKEN, toBatonError(error)), ...BEHIND_TOKEN.map(skipped)];
  }
}

function describeOrganization(owner: string): Check[] {
  return [
    ok(OWNER, `the organization ${owner} itself`),
    ok(MEMBER, "not needed by the organization's own token"),
    ok(ADMIN, "not needed by the organization's own token"),
    ok(SEAT, "not needed by the organization's own token"),
  ];
}

type Account = Pick<Member, "service" | "username">;

async function examineMember({ call }: Patient, accounts: readonly Account[]): Promise<Check[]> {
  const { service, owner } = call.target;
  const response = await call.roster({ page: 1, pageSize: ROSTER_ROWS });
  if (response.kind === "refused") {
    const remedy =
      accounts.length === 0
        ? `create the token while signed in to Codecov with ${service}, or correct --codecov-service`
        : "check --codecov-owner, and that the token's owner is a member and has signed in to Codecov";
    const detail = `there is no organization ${owner} on ${service}, or the token's owner is not a member of it`;
    return [unknownOwner(accounts), failed(MEMBER, detail, remedy), skipped(ADMIN), skipped(SEAT)];
  }
  const page = response.kind === "page" ? response.page : { next: null, results: [] };
  const found =
    findOwner(page.results, accounts) ?? (page.next === null ? undefined : await search(call, accounts));
  const member = ok(MEMBER, `can read the member list of ${owner}`);
  if (found === undefined) {
    const unknown = "Codecov does not tell whose token it is";
    return [
      unknownOwner(accounts),
      member,
      limited(ADMIN, unknown, "sign in to Codecov once with that account"),
      await describeSeat(call),
    ];
  }
  return [
    ok(OWNER, found.username ?? "an account without a user name"),
    member,
    found.is_admin
      ? ok(ADMIN, "yes")
      : limited(
          ADMIN,
          "no; only sign-in sessions need it",
          "use the token of an admin, if sign-in sessions are wanted",
        ),
    found.activated ? ok(SEAT, "holds one") : noSeat("holds none"),
  ];
}

function unknownOwner(accounts: readonly Account[]): Check {
  const names = accounts.flatMap(({ username }) => username ?? []);
  const detail =
    names.length === 0 ? "Codecov does not tell" : `one of ${names.slice(0, MOST_SEARCHES).join(", ")}`;
  return limited(OWNER, detail, "nothing to do, unless a later line fails");
}

async function describeSeat(call: CodecovCall): Promise<Check> {
  const { isFree, why } = await readSeat(call);
  return isFree ? ok(SEAT, "holds one") : noSeat(why ?? "unknown");
}

function noSeat(why: string): Check {
  return limited(
    SEAT,
    `${why}: trend and pull requests of private repositories are not read`,
    "give the token's owner a seat, or use the organization's own token; --codecov-allow-seat lets Codecov give one by itself",
  );
}

function findOwner(members: readonly Member[], accounts: readonly Account[]): Member | undefined {
  const keys = new Set(
    accounts.flatMap(({ service, username }) => (username === null ? [] : `${service}/${username}`)),
  );
  const [found, another] = members.filter(({ service, username }) => keys.has(`${service}/${username}`));
  return another === undefined ? found : undefined;
}

async function search(call: CodecovCall, accounts: readonly Account[]): Promise<Member | undefined> {
  for (const account of accounts.slice(0, MOST_SEARCHES)) {
    if (account.username === null) continue;
    const filter = { search: account.username };
    const response = await call.roster({ page: 1, pageSize: ROSTER_ROWS, filter });
    const found = response.kind === "page" ? findOwner(response.page.results, [account]) : undefined;
    if (found !== undefined) return found;
  }
  return undefined;
}

async function examineSessions({ call, wantsSessions }: Patient): Promise<Check> {
  const response = await call.userSessions(1);
  if (response.kind === "page") return ok(SESSIONS, "can be read");
  const detail = `cannot be read (${response.reason})`;
  const remedy =
    "use the token of an admin; on a self-hosted Codecov, of an account listed under setup.admins";
  return wantsSessions
    ? failed(SESSIONS, detail, remedy, Code.PermissionDenied)
    : limited(SESSIONS, detail, remedy);
}

async function examineRepositories(patient: Patient): Promise<Check[]> {
  const { call, ctx } = patient;
  try {
    const { rows, unreadable } = await readRepositoryList(call, ctx);
    const hidden = rows.filter((row) => row.private).length;
    const damaged = unreadable === 0 ? "" : `, ${unreadable} that Codecov fails on`;
    const detail = `${rows.length - hidden} public, ${hidden} private${damaged}`;
    const remedy =
      "check in Codecov which repositories this account sees, and let it synchronize them with the git service";
    if (rows.length === 0) return [failed(REPOSITORIES, "none", remedy), ...REPORT_PLACES.map(skipped)];
    const visible =
      unreadable > 0 || hidden === 0 ? limited(REPOSITORIES, detail, remedy) : ok(REPOSITORIES, detail);
    return [visible, ...(await examineReports(call, rows, ctx))];
  } catch (error) {
    ctx.signal.throwIfAborted();
    if (error instanceof BatonError && error.code === Code.Unauthenticated) throw error;
    return [failedWith(REPOSITORIES, toBatonError(error)), ...REPORT_PLACES.map(skipped)];
  }
}

async function examineFiles({ files, tryFile }: Patient): Promise<Check[]> {
  return await Promise.all(
    files.map(async ({ setting, path }) => {
      const place = { id: setting.replace(/^-+/, ""), title: `${setting} writable` };
      try {
        await tryFile(path);
        return ok(place, path);
      } catch (error) {
        const remedy = `give this account access to the file and its directory, or choose another with ${setting}`;
        return failed(
          place,
          `${path} cannot be written (${toBatonError(error).message})`,
          remedy,
          Code.PermissionDenied,
        );
      }
    }),
  );
}
