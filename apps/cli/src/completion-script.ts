import type { Command, Option } from 'commander';

export const shells = ['bash', 'zsh', 'fish'] as const;
export type Shell = (typeof shells)[number];

/** What can be typed after one sequence of commands. */
interface Place {
  /** The commands that lead here, `sessions show`; empty at the top. */
  readonly path: string;
  readonly commands: readonly { readonly name: string; readonly summary: string }[];
  readonly options: readonly {
    readonly long: string;
    readonly short: string;
    readonly summary: string;
    readonly takes: Takes;
  }[];
  /** Fixed words for the first argument, such as the names of shells. */
  readonly words: readonly string[];
}

/** What follows an option: nothing, a folder, a file, one of some words, or anything. */
type Takes = 'nothing' | 'folder' | 'file' | 'anything' | readonly string[];

/** A completion script made from the commands themselves, so that it can never lag behind them. */
export function completionScript(root: Command, shell: Shell): string {
  const places = placesOf(root, '');
  return { bash: bashScript, zsh: zshScript, fish: fishScript }[shell](root.name(), places);
}

function placesOf(command: Command, path: string): Place[] {
  const help = command.createHelp();
  const commands = help.visibleCommands(command).filter((child) => child.name() !== 'help');
  const place: Place = {
    path,
    commands: commands.map((child) => ({
      name: child.name(),
      summary: firstLine(child.summary() || child.description()),
    })),
    options: help.visibleOptions(command).map((option) => ({
      long: option.long ?? '',
      short: option.short ?? '',
      summary: firstLine(option.description),
      takes: takesOf(option),
    })),
    words: command.registeredArguments[0]?.argChoices ?? [],
  };
  return [
    place,
    ...commands.flatMap((child) => placesOf(child, path === '' ? child.name() : `${path} ${child.name()}`)),
  ];
}

function takesOf(option: Option): Takes {
  if (option.isBoolean()) return 'nothing';
  if (option.argChoices) return option.argChoices;
  if (/<(dir|folder)/.test(option.flags)) return 'folder';
  if (/<(file|path)/.test(option.flags)) return 'file';
  return 'anything';
}

function firstLine(text: string): string {
  return text.split('\n')[0] ?? '';
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}

/** Every long option of every place that takes this, joined by `|` for a `case`. */
function optionPattern(places: readonly Place[], takes: 'folder' | 'file' | 'anything'): string {
  const names = places.flatMap(({ options }) =>
    options.filter((option) => option.takes === takes).flatMap(({ long, short }) => [long, short]),
  );
  return [...new Set(names)].filter((name) => name !== '').join('|') || '--';
}

function bashScript(name: string, places: readonly Place[]): string {
  const known = places.filter(({ path }) => path !== '').map(({ path }) => quoted(path));
  const cases = places.map((place) => {
    const words = [...place.commands.map((child) => child.name), ...place.words].join(' ');
    const options = place.options.map(({ long }) => long).join(' ');
    return `    ${quoted(place.path)}) words=${quoted(words)} options=${quoted(options)} ;;`;
  });
  const choices = places.flatMap((place) =>
    place.options
      .filter(({ takes }) => Array.isArray(takes))
      .map(
        ({ long, takes }) =>
          `    ${quoted(`${place.path} ${long}`)}) COMPREPLY=($(compgen -W ${quoted((takes as string[]).join(' '))} -- "$current")); return ;;`,
      ),
  );
  return `# bash completion for ${name}. Made by: ${name} completion bash
_${name}() {
  local current="\${COMP_WORDS[COMP_CWORD]}" previous="\${COMP_WORDS[COMP_CWORD-1]}" path='' words='' options='' next i
  for ((i = 1; i < COMP_CWORD; i++)); do
    next="\${path:+$path }\${COMP_WORDS[i]}"
    case "$next" in
    ${known.join('|')}) path="$next" ;;
    esac
  done
  COMPREPLY=()
  case "$path $previous" in
${choices.join('\n')}
  esac
  case "$previous" in
    ${optionPattern(places, 'folder')}) compopt -o filenames 2>/dev/null; COMPREPLY=($(compgen -d -- "$current")); return ;;
    ${optionPattern(places, 'file')}) compopt -o filenames 2>/dev/null; COMPREPLY=($(compgen -f -- "$current")); return ;;
    ${optionPattern(places, 'anything')}) return ;;
  esac
  case "$path" in
${cases.join('\n')}
  esac
  if [[ "$current" == -* ]]; then COMPREPLY=($(compgen -W "$options" -- "$current"))
  elif [[ -n "$words" ]]; then COMPREPLY=($(compgen -W "$words" -- "$current"))
  else compopt -o filenames 2>/dev/null; COMPREPLY=($(compgen -f -- "$current"))
  fi
}
complete -F _${name} ${name}
`;
}

function zshScript(name: string, places: readonly Place[]): string {
  const known = places.filter(({ path }) => path !== '').map(({ path }) => quoted(path));
  const item = (word: string, summary: string): string => quoted(`${word.replaceAll(':', '\\:')}:${summary}`);
  const cases = places.map((place) => {
    const words = [
      ...place.commands.map((child) => item(child.name, child.summary)),
      ...place.words.map((word) => item(word, '')),
    ];
    return `    ${quoted(place.path)})
      words_=(${words.join(' ')})
      options_=(${place.options.map(({ long, summary }) => item(long, summary)).join(' ')})
      ;;`;
  });
  const choices = places.flatMap((place) =>
    place.options
      .filter(({ takes }) => Array.isArray(takes))
      .map(
        ({ long, takes }) =>
          `    ${quoted(`${place.path} ${long}`)}) compadd -- ${(takes as string[]).join(' ')}; return ;;`,
      ),
  );
  return `#compdef ${name}
# zsh completion for ${name}. Made by: ${name} completion zsh
_${name}() {
  local path_='' next_ i
  local current_="\${words[CURRENT]}" previous_="\${words[CURRENT-1]}"
  local -a words_ options_
  for ((i = 2; i < CURRENT; i++)); do
    next_="\${path_:+$path_ }\${words[i]}"
    case "$next_" in
      ${known.join('|')}) path_="$next_" ;;
    esac
  done
  case "$path_ $previous_" in
${choices.join('\n')}
  esac
  case "$previous_" in
    ${optionPattern(places, 'folder')}) _files -/; return ;;
    ${optionPattern(places, 'file')}) _files; return ;;
    ${optionPattern(places, 'anything')}) return ;;
  esac
  case "$path_" in
${cases.join('\n')}
  esac
  if [[ "$current_" == -* ]]; then _describe -t options option options_
  elif (( \${#words_} )); then _describe -t commands command words_
  else _files
  fi
}
if [[ "\${funcstack[1]}" == "_${name}" ]]; then _${name} "$@"; else compdef _${name} ${name}; fi
`;
}

function fishScript(name: string, places: readonly Place[]): string {
  const lines: string[] = [];
  const known = places.filter(({ path }) => path !== '').map(({ path }) => quoted(path));
  for (const place of places) {
    const when = `-n ${quoted(`__${name}_at ${quoted(place.path)}`)}`;
    const closed = place.commands.length > 0 || place.words.length > 0 ? ' -f' : '';
    for (const child of place.commands)
      lines.push(`complete -c ${name}${closed} ${when} -a ${quoted(child.name)} -d ${quoted(child.summary)}`);
    for (const word of place.words) lines.push(`complete -c ${name}${closed} ${when} -a ${quoted(word)}`);
    for (const option of place.options) {
      const short = option.short === '' ? '' : ` -s ${option.short.slice(1)}`;
      lines.push(
        `complete -c ${name} ${when}${short} -l ${option.long.slice(2)}${fishValue(option.takes)} -d ${quoted(option.summary)}`,
      );
    }
  }
  return `# fish completion for ${name}. Made by: ${name} completion fish
function __${name}_at
  set -l path ''
  for word in (commandline -opc)[2..]
    set -l next (string trim -- "$path $word")
    contains -- "$next" ${known.join(' ')}; and set path "$next"
  end
  test "$path" = "$argv[1]"
end
${lines.join('\n')}
`;
}

function fishValue(takes: Takes): string {
  if (takes === 'nothing') return '';
  if (takes === 'folder') return ` -x -a '(__fish_complete_directories)'`;
  if (takes === 'file') return ' -r -F';
  return takes === 'anything' ? ' -x' : ` -x -a ${quoted(takes.join(' '))}`;
}
