/** One number of a report, in words for people. */
export interface Figure {
  readonly label: string;
  readonly value: string;
  /** What it was, or what it is out of; may be empty. */
  readonly detail: string;
  /** Id of the list of those who are counted; undefined if there is none. */
  readonly list: string | undefined;
}

/** A name and what it stands for, such as `File` and the path of it. */
export interface Property {
  readonly label: string;
  /** Others may have written a part of it. */
  readonly value: string;
}
