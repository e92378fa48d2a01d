/**
 * A number that is compared and subtracted without rounding: a quotient of whole numbers. Percentages and points are such
 * quotients, so that 70.07 is 7007/100 and not the float beside it.
 */
export interface Exact {
  readonly numerator: bigint;
  /** Above 0. */
  readonly denominator: bigint;
}

const HUNDREDTHS = 100n;
const STORED_UNITS = 100_000n;

/**
 * What the shortest decimal text of a number says, which is how it was written in JSON, in a policy or on the command line:
 * 70.07 becomes exactly 7007/100.
 *
 * @param value finite
 */
export function exactOf(value: number): Exact {
  const [mantissa = "0", exponent = "0"] = String(value).split("e");
  const [whole = "0", fraction = ""] = mantissa.split(".");
  const digits = BigInt(whole + fraction);
  const shift = Number(exponent) - fraction.length;
  return shift >= 0
    ? { numerator: digits * 10n ** BigInt(shift), denominator: 1n }
    : { numerator: digits, denominator: 10n ** BigInt(-shift) };
}

/** Negative if `a` is less than `b`, positive if it is more, 0 if they are the same number. */
export function compareExact(a: Exact, b: Exact): number {
  const left = a.numerator * b.denominator;
  const right = b.numerator * a.denominator;
  return left < right ? -1 : left > right ? 1 : 0;
}

export function subtractExact(a: Exact, b: Exact): Exact {
  return {
    numerator: a.numerator * b.denominator - b.numerator * a.denominator,
    denominator: a.denominator * b.denominator,
  };
}

/** The number in the middle between two others. */
export function middleOf(a: Exact, b: Exact): Exact {
  return {
    numerator: a.numerator * b.denominator + b.numerator * a.denominator,
    denominator: 2n * a.denominator * b.denominator,
  };
}

/** The number with two decimals that is next below, or the same: −0.111 becomes −0.12, as Codecov rounds a change. */
export function floorExact({ numerator, denominator }: Exact): number {
  const scaled = numerator * HUNDREDTHS;
  const quotient = scaled / denominator;
  const isInexact = scaled % denominator !== 0n;
  return Number(isInexact && scaled < 0n ? quotient - 1n : quotient) / 100;
}

/**
 * A percentage of a report as Codecov stores it, and so as a trend has it: to the nearest of five decimals (observed on Codecov
 * 26.7.6). Without this an unchanged 2/3 would differ from its own trend.
 */
export function asStoredPercent({ numerator, denominator }: Exact): Exact {
  return {
    numerator: (2n * numerator * STORED_UNITS + denominator) / (2n * denominator),
    denominator: STORED_UNITS,
  };
}

/**
 * A percentage rounded down to two decimals, without ever ending above the decimal text of `value` or more than a hundredth
 * below it. The product is only where the search for the hundredths begins.
 *
 * @param value finite
 */
export function floorPercent(value: number): number {
  let hundredths = Math.floor(value * 100);
  // A whole number divided by 100 is the float nearest to that decimal, so these comparisons are exact.
  while (hundredths / 100 > value) hundredths -= 1;
  while ((hundredths + 1) / 100 <= value) hundredths += 1;
  return hundredths / 100;
}
