/** Short declarations of settings that are accepted but not shown. */

type Hidden<Kind extends string> = {
  readonly kind: Kind;
  readonly name: string;
  readonly description: string;
  readonly hidden: true;
};
type Entries = Readonly<Record<string, readonly [name: string, description: string]>>;

/** Texts by key, each declared by its name and what it says, that the help leaves out. */
export function hiddenTexts<E extends Entries>(entries: E): { readonly [K in keyof E]: Hidden<"string"> } {
  return declareHidden("string", entries);
}

/** The same for texts that ask one run for something, see `task` of a field. */
export function hiddenTasks<E extends Entries, T extends "choice" | "detail">(
  task: T,
  entries: E,
): { readonly [K in keyof E]: Hidden<"string"> & { readonly task: T } } {
  const fields = Object.entries(hiddenTexts(entries)).map(([key, field]) => [key, { ...field, task }]);
  return Object.fromEntries(fields);
}

/** The same for switches. */
export function hiddenSwitches<E extends Entries>(entries: E): { readonly [K in keyof E]: Hidden<"bool"> } {
  return declareHidden("bool", entries);
}

/** The same for one list. */
export function hiddenList(name: string, description: string): Hidden<"list"> {
  return { kind: "list", name, description, hidden: true };
}

function declareHidden<Kind extends string, E extends Entries>(
  kind: Kind,
  entries: E,
): { readonly [K in keyof E]: Hidden<Kind> } {
  const fields = Object.entries(entries).map(([key, [name, description]]) => [
    key,
    { kind, name, description, hidden: true },
  ]);
  return Object.fromEntries(fields);
}
