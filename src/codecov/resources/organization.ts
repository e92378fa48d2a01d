import type { ApiAccess } from "#codecov/api/api-access.ts";
import type { Target } from "#codecov/api/request.ts";
import type { Owner } from "#codecov/api/schemas.ts";
import type { CallContext } from "#kernel/context.ts";
import { BatonError, Code } from "#kernel/errors.ts";

/** A name kept longer than this is asked for again. */
const MAX_AGE_MS = 10 * 60_000;

/** The organization as Codecov stores it. */
export interface Organization {
  readonly owner: Owner;
  /** What is read, with the organization's name as Codecov spells it, whatever the setting says. */
  readonly target: Target;
}

interface Reading {
  /** Monotonic milliseconds. */
  readonly startedAt: number;
  readonly organization: Promise<Organization | undefined>;
}

/**
 * Reads the organization once for all that names it. Codecov ignores case in an owner's name, so a setting can
 * spell it in many ways; ids, grants and texts have the one spelling that Codecov stores, or a file written under
 * two settings would show everything as changed.
 */
export class OrganizationReader {
  readonly #connection: ApiAccess;
  #reading: Reading | undefined;

  constructor(connection: ApiAccess) {
    this.#connection = connection;
  }

  /** Begins to read ahead of the first use. A failure is not reported here: the read is repeated when it is needed. */
  begin(ctx: CallContext): void {
    this.#start(ctx).organization.catch(() => undefined);
  }

  /** Undefined if Codecov knows no organization or person of that name. */
  async find(ctx: CallContext): Promise<Organization | undefined> {
    const known = this.#reading;
    if (known !== undefined && ctx.clock.monotonic() - known.startedAt <= MAX_AGE_MS) {
      const organization = await known.organization.catch(() => undefined);
      if (organization !== undefined) return organization;
    }
    return await this.#start(ctx).organization;
  }

  /** @throws BatonError FailedPrecondition if Codecov knows no organization or person of that name. */
  async read(ctx: CallContext): Promise<Organization> {
    const organization = await this.find(ctx);
    if (organization !== undefined) return organization;
    const { owner, service } = (await this.#connection.forCall(ctx)).target;
    throw new BatonError(
      Code.FailedPrecondition,
      `Codecov no longer knows an organization ${owner} on ${service}; check --codecov-owner and --codecov-service`,
      { kind: "configuration" },
    );
  }

  forget(): void {
    this.#reading = undefined;
  }

  #start(ctx: CallContext): Reading {
    const reading = { startedAt: ctx.clock.monotonic(), organization: this.#ask(ctx) };
    this.#reading = reading;
    return reading;
  }

  async #ask(ctx: CallContext): Promise<Organization | undefined> {
    const codecov = await this.#connection.forCall(ctx);
    const owner = await codecov.owner();
    if (owner === undefined) return undefined;
    return { owner, target: { ...codecov.target, owner: owner.username || codecov.target.owner } };
  }
}
