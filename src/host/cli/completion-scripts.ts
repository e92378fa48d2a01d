import type { Field } from "#config/field.ts";

/** A place on the command line at which flags and words can be offered. */
export interface CompletionContext {
  /** The command, of one word or two; empty before one is given. */
  readonly name: string;
  /** One line about it. */
  readonly summary: string;
  /** Flags that mean something here; hidden ones are left out. */
  readonly fields: readonly Field[];
  /** Words that may follow. */
  readonly words: readonly string[];
}

/** What the completion of a program knows. */
export interface CompletionSource {
  readonly name: string;
  readonly main: CompletionContext;
  readonly commands: readonly CompletionContext[];
}

export const SHELLS = ["bash", "zsh", "fish"] as const;
export type Shell = (typeof SHELLS)[number];

/** The completion script of a program for one shell. */
export function formatCompletion(shell: Shell, { name, main, commands }: CompletionSource): string {
  const visible = (context: CompletionContext): CompletionContext => ({
    ...context,
    fields: context.fields.filter(({ hidden }) => hidden !== true),
  });
  return FORMATTERS[shell]({ name, main: visible(main), commands: commands.map(visible) });
}

const FORMATTERS: Readonly<Record<Shell, (source: CompletionSource) => string>> = {
  bash: formatBash,
  zsh: formatZsh,
  fish: formatFish,
};

function formatBash(source: CompletionSource): string {
  const { name } = source;
  const self = functionName(name);
  const offerFiles = `${self}_files`;
  const words = (texts: string) => `COMPREPLY=($(compgen -W ${texts} -- "$current"))`;
  const offer = (field: Field) => {
    if (field.kind === "select") return words(quote(field.values.join(" ")));
    return takesFile(field) ? offerFiles : "COMPREPLY=()";
  };
  const values = valueFields(source).map(
    (field) => `    ${spellings(field).join("|")}) ${offer(field)}; return ;;`,
  );
  // Flags of one name whose values depend on the command.
  const special = contextsOf(source).flatMap(({ name: command, fields }) =>
    fields
      .filter((field) => hasVariants(source, field, offer))
      .map((field) => {
        const patterns = spellings(field).map((spelling) => quote(`${command} ${spelling}`));
        return `    ${patterns.join("|")}) ${offer(field)}; return ;;`;
      }),
  );
  const contexts = contextsOf(source).map(
    (context) =>
      `    ${quote(context.name)}) flags=${quote(context.fields.flatMap(spellings).join(" "))} words=${quote(context.words.join(" "))} ;;`,
  );
  // Bash 3.2, which macOS has, knows neither mapfile nor compopt. Bash takes --name=value for three words.
  return `# bash completion of ${name}; to load it: source <(${name} completion bash)
${offerFiles}() {
  local file
  COMPREPLY=()
  compopt -o filenames 2>/dev/null
  while IFS= read -r file; do COMPREPLY+=("$file"); done < <(compgen -f -- "$current")
}
${self}() {
  local current="\${COMP_WORDS[COMP_CWORD]}" previous="\${COMP_WORDS[COMP_CWORD-1]}"
  local word index command='' skip='' flags='' words=''
  if [[ $current == = ]]; then current=; elif [[ $previous == = ]]; then previous="\${COMP_WORDS[COMP_CWORD-2]}"; fi
  for ((index = 1; index < COMP_CWORD; index++)); do
    word="\${COMP_WORDS[index]}"
    if [[ $word == = ]]; then skip=1; continue; fi
    if [[ -n $skip ]]; then skip=; continue; fi
    case "$word" in
      ${valueSpellings(source).join("|")}) skip=1 ;;
      -*) ;;
      *)
        if [[ -z $command ]]; then command="$word"; continue; fi
        case "$command $word" in ${twoWordPatterns(source)}) command="$command $word" ;; esac
        break ;;
    esac
  done
${special.length === 0 ? "" : `  case "$command $previous" in\n${special.join("\n")}\n  esac\n`}  case "$previous" in
${values.join("\n")}
  esac
  case "$command" in
${contexts.join("\n")}
  esac
  case "$current" in
    -*) ${words('"$flags"')} ;;
    *) ${words('"$words"')} ;;
  esac
}
complete -F ${self} ${name}
`;
}

function formatZsh(source: CompletionSource): string {
  const { name, commands } = source;
  const inBrackets = (text: string) => text.replace(/[[\]:\\]/g, "\\$&");
  const describe = (field: Field): string[] =>
    spellings(field).map((spelling) => {
      const takes = field.kind === "bool" ? "" : `:value:${zshValues(field)}`;
      // A star: some flags can be repeated.
      return `      ${quote(`*${spelling}[${inBrackets(field.description)}]${takes}`)}`;
    });
  const contexts = contextsOf(source).map(({ name: command, fields, words }) => {
    const rest =
      command === ""
        ? "*:command:{ _describe command commands }"
        : `*: :${words.length === 0 ? "" : `(${words.join(" ")})`}`;
    return `    ${quote(command)}) flags=(\n${fields.flatMap(describe).join("\n")}\n      ${quote(rest)}\n    ) ;;`;
  });
  const listed = listFirstWords(commands).map(
    (command) => `    ${quote(`${command.name}:${command.summary}`)}`,
  );
  return `#compdef ${name}
# zsh completion of ${name}; to load it: source <(${name} completion zsh)
${functionName(name)}() {
  local -a flags commands
  local word command='' skip=''
  for word in "\${(@)words[2,CURRENT-1]}"; do
    if [[ -n $skip ]]; then skip=; continue; fi
    case "$word" in
      ${valueSpellings(source).join("|")}) skip=1 ;;
      -*) ;;
      *)
        if [[ -z $command ]]; then command="$word"; continue; fi
        case "$command $word" in ${twoWordPatterns(source)}) command="$command $word" ;; esac
        break ;;
    esac
  done
  commands=(
${listed.join("\n")}
  )
  case "$command" in
${contexts.join("\n")}
    *) return 1 ;;
  esac
  _arguments "\${flags[@]}"
}
compdef ${functionName(name)} ${name}
`;
}

function zshValues(field: Field): string {
  if (field.kind === "select") return `(${field.values.join(" ")})`;
  return takesFile(field) ? "_files" : "";
}

function formatFish(source: CompletionSource): string {
  const { name, commands } = source;
  const self = `_${functionName(name)}`;
  const at = (command: string) => `complete -c ${name} -n ${quoteFish(`${self}_at ${quoteFish(command)}`)}`;
  const listed = listFirstWords(commands).map(
    (command) => `${at("")} -f -a ${command.name} -d ${quoteFish(command.summary)}`,
  );
  const offered = contextsOf(source).flatMap((context) => {
    const flags = context.fields.map((field) => {
      const short = field.shorthand === undefined ? "" : ` -s ${field.shorthand}`;
      return `${at(context.name)} -l ${field.name}${short}${fishValues(field)} -d ${quoteFish(field.description)}`;
    });
    const words =
      context.name === "" || context.words.length === 0
        ? []
        : [`${at(context.name)} -f -a ${quoteFish(context.words.join(" "))}`];
    return [...words, ...flags];
  });
  return `# fish completion of ${name}; to load it: ${name} completion fish | source
function ${self}_at
    set -l tokens (commandline -opc)
    set -e tokens[1]
    set -l command ''
    set -l skip 0
    for word in $tokens
        if test $skip = 1
            set skip 0
            continue
        end
        switch $word
            case ${valueSpellings(source).join(" ")}
                set skip 1
            case '-*'
                true
            case '*'
                if test -z "$command"
                    set command $word
                    continue
                end
                switch "$command $word"
                    case ${twoWords(source).map(quoteFish).join(" ") || quoteFish("")}
                        set command "$command $word"
                end
                break
        end
    end
    test "$command" = "$argv[1]"
end
complete -c ${name} -f
${listed.join("\n")}
${offered.join("\n")}
`;
}

function fishValues(field: Field): string {
  if (field.kind === "bool") return "";
  if (field.kind === "select") return ` -x -a ${quoteFish(field.values.join(" "))}`;
  return takesFile(field) ? " -r -F" : " -x";
}

function contextsOf({ main, commands }: CompletionSource): CompletionContext[] {
  return [main, ...commands];
}

/** The names of two words among the commands. */
function twoWords({ commands }: CompletionSource): string[] {
  return commands.map(({ name }) => name).filter((name) => name.includes(" "));
}

/** The same as a pattern of bash and zsh; nothing matches the empty one. */
function twoWordPatterns(source: CompletionSource): string {
  return twoWords(source).map(quote).join("|") || quote("");
}

/** What can stand first on a command line. A group that is no command itself has no summary. */
function listFirstWords(
  commands: readonly CompletionContext[],
): Pick<CompletionContext, "name" | "summary">[] {
  const words = new Set(commands.map(({ name }) => name.replace(/ .*/, "")));
  return [...words].map((word) => ({
    name: word,
    summary: commands.find(({ name }) => name === word)?.summary ?? "",
  }));
}

/** Whether another command has a flag of the same name that takes other values. */
function hasVariants(
  source: CompletionSource,
  { name, kind }: Field,
  offer: (field: Field) => string,
): boolean {
  if (kind === "bool") return false;
  const fields = contextsOf(source).flatMap((context) => context.fields);
  return new Set(fields.filter((field) => field.name === name).map(offer)).size > 1;
}

/** Every flag that takes a value, once. */
function valueFields(source: CompletionSource): Field[] {
  const fields = contextsOf(source).flatMap((context) => context.fields);
  return [...new Map(fields.map((field) => [field.name, field])).values()].filter(
    ({ kind }) => kind !== "bool",
  );
}

function valueSpellings(source: CompletionSource): string[] {
  return valueFields(source).flatMap(spellings);
}

function takesFile(field: Field): boolean {
  return field.isPath === true || ("isInputFile" in field && field.isInputFile === true);
}

function spellings(field: Field): string[] {
  return field.shorthand === undefined ? [`--${field.name}`] : [`--${field.name}`, `-${field.shorthand}`];
}

function functionName(name: string): string {
  return `_${name.replaceAll("-", "_")}`;
}

/** A text as one word of bash and zsh. */
function quote(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}

function quoteFish(text: string): string {
  return `'${text.replace(/[\\']/g, "\\$&")}'`;
}
