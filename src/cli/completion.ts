import type { Field } from "#config/field.ts";
import type { Command } from "./command.ts";

/** What the completion of a program knows. */
export interface CompletionSource {
  readonly name: string;
  readonly commands: readonly Command[];
  readonly fields: readonly Field[];
}

export const SHELLS = ["bash", "zsh", "fish"] as const;
export type Shell = (typeof SHELLS)[number];

/** The completion script of a program for one shell; hidden flags and commands are left out. */
export function formatCompletion(shell: Shell, source: CompletionSource): string {
  const visible: CompletionSource = {
    name: source.name,
    commands: source.commands.filter((command) => command.hidden !== true),
    fields: source.fields.filter((field) => field.hidden !== true),
  };
  return FORMATTERS[shell](visible);
}

const FORMATTERS: Readonly<Record<Shell, (source: CompletionSource) => string>> = {
  bash: formatBash,
  zsh: formatZsh,
  fish: formatFish,
};

function formatBash({ name, commands, fields }: CompletionSource): string {
  const offerFiles = `${functionName(name)}_files`;
  const words = (texts: readonly string[]) =>
    `COMPREPLY=($(compgen -W ${quote(texts.join(" "))} -- "$current"))`;
  const cases = fields
    .filter((field) => field.kind !== "bool")
    .map((field) => {
      const reply =
        field.kind === "select" ? words(field.values) : takesFile(field) ? offerFiles : "COMPREPLY=()";
      return `    ${spellings(field).join("|")}) ${reply}; return ;;`;
    });
  // Bash 3.2, which macOS has, knows neither mapfile nor compopt. Bash takes --name=value for three words.
  return `# bash completion of ${name}; to load it: source <(${name} completion bash)
${offerFiles}() {
  local file
  COMPREPLY=()
  compopt -o filenames 2>/dev/null
  while IFS= read -r file; do COMPREPLY+=("$file"); done < <(compgen -f -- "$current")
}
${functionName(name)}() {
  local current="\${COMP_WORDS[COMP_CWORD]}" previous="\${COMP_WORDS[COMP_CWORD-1]}"
  if [[ $current == = ]]; then current=; elif [[ $previous == = ]]; then previous="\${COMP_WORDS[COMP_CWORD-2]}"; fi
  case "$previous" in
${cases.join("\n")}
    completion) ${words(SHELLS)}; return ;;
  esac
  case "$current" in
    -*) ${words(fields.flatMap(spellings))} ;;
    *) ${words(commands.map((command) => command.name))} ;;
  esac
}
complete -F ${functionName(name)} ${name}
`;
}

function formatZsh({ name, commands, fields }: CompletionSource): string {
  const inBrackets = (text: string) => text.replace(/[[\]:\\]/g, "\\$&");
  const flags = fields.flatMap((field) =>
    spellings(field).map((spelling) => {
      const takes = field.kind === "bool" ? "" : `:value:${zshValues(field)}`;
      return `    ${quote(`${spelling}[${inBrackets(field.description)}]${takes}`)}`;
    }),
  );
  const listed = commands.map((command) => `    ${quote(`${command.name}:${command.summary}`)}`);
  return `#compdef ${name}
# zsh completion of ${name}; to load it: source <(${name} completion zsh)
${functionName(name)}() {
  local -a flags commands
  flags=(
${flags.join("\n")}
  )
  commands=(
${listed.join("\n")}
  )
  if (( CURRENT == 3 )) && [[ \${words[2]} == completion ]]; then
    _values shell ${SHELLS.join(" ")}
    return
  fi
  _arguments $flags '1:command:{ _describe command commands }'
}
compdef ${functionName(name)} ${name}
`;
}

function zshValues(field: Field): string {
  if (field.kind === "select") return `(${field.values.join(" ")})`;
  return takesFile(field) ? "_files" : "";
}

function formatFish({ name, commands, fields }: CompletionSource): string {
  const listed = commands.map(
    (command) =>
      `complete -c ${name} -n __fish_use_subcommand -f -a ${command.name} -d ${quoteFish(command.summary)}`,
  );
  const flags = fields.map((field) => {
    const short = field.shorthand === undefined ? "" : ` -s ${field.shorthand}`;
    const takes =
      field.kind === "bool"
        ? ""
        : field.kind === "select"
          ? ` -x -a ${quoteFish(field.values.join(" "))}`
          : takesFile(field)
            ? " -r -F"
            : " -x";
    return `complete -c ${name} -l ${field.name}${short}${takes} -d ${quoteFish(field.description)}`;
  });
  return `# fish completion of ${name}; to load it: ${name} completion fish | source
${listed.join("\n")}
complete -c ${name} -n '__fish_seen_subcommand_from completion' -f -a ${quoteFish(SHELLS.join(" "))}
${flags.join("\n")}
`;
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
