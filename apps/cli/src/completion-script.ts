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
  /** What the first argument is; every argument, where it may be given again. */
  readonly argument: Takes;
  readonly variadic: boolean;
}

/** What the program itself has to be asked for; see `completion-words`. */
export const askedWords = ['models', 'running', 'sessions', 'settings', 'providers'] as const;
export type AskedWords = (typeof askedWords)[number];

/** What follows an option or a command: nothing, a folder, a file, one of some words, words that the program is asked for, or anything. */
type Takes = 'nothing' | 'folder' | 'file' | 'anything' | readonly string[] | { readonly ask: AskedWords };

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
    argument: argumentOf(command),
    variadic: command.registeredArguments[0]?.variadic ?? false,
  };
  return [
    place,
    ...commands.flatMap((child) => placesOf(child, path === '' ? child.name() : `${path} ${child.name()}`)),
  ];
}

/** What the names of arguments and of values stand for, in every command. */
const askedFor: Readonly<Record<string, AskedWords>> = {
  model: 'models',
  ref: 'models',
  running: 'running',
  id: 'sessions',
  key: 'settings',
  provider: 'providers',
};

function argumentOf(command: Command): Takes {
  const [first] = command.registeredArguments;
  if (first === undefined) return 'nothing';
  if (first.argChoices) return first.argChoices;
  const name = first.name();
  const ask = askedFor[name];
  if (ask !== undefined) return { ask };
  // A question often names files.
  return name === 'path' || name === 'file' || name === 'question' ? 'file' : 'anything';
}

function isWords(takes: Takes): takes is readonly string[] {
  return Array.isArray(takes);
}

function isAsked(takes: Takes): takes is { readonly ask: AskedWords } {
  return typeof takes === 'object' && 'ask' in takes;
}

function takesOf(option: Option): Takes {
  if (option.isBoolean()) return 'nothing';
  if (option.argChoices) return option.argChoices;
  const ask = askedFor[/<([a-z]+)>/.exec(option.flags)?.[1] ?? ''];
  if (ask !== undefined) return { ask };
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

/** What is typed before the word in question decides what it can be; each place and each option that takes a value has its answer. */
function bashScript(name: string, places: readonly Place[]): string {
  const known = places.filter(({ path }) => path !== '').map(({ path }) => quoted(path));
  const offer = (takes: Takes): string => {
    if (isWords(takes)) return `words=${quoted(takes.join(' '))}`;
    if (isAsked(takes)) return `asked=${takes.ask}`;
    return takes === 'folder' || takes === 'file' ? `files=${takes}` : ':';
  };
  const cases = places.map((place) => {
    const commands = place.commands.map((child) => child.name);
    const options = place.options.map(({ long }) => long).join(' ');
    const first = commands.length > 0 ? offer(commands) : offer(place.argument);
    const where = place.variadic || commands.length > 0 ? first : `((given)) || ${first}`;
    return `    ${quoted(place.path)}) options=${quoted(options)}; ${first === ':' ? ':' : where} ;;`;
  });
  const choices = places.flatMap((place) =>
    place.options
      .filter(({ takes }) => isWords(takes) || isAsked(takes))
      .flatMap(({ long, short, takes }) =>
        [long, short]
          .filter((flag) => flag !== '')
          .map((flag) => `    ${quoted(`${place.path} ${flag}`)}) value=1; ${offer(takes)} ;;`),
      ),
  );
  return `# bash completion for ${name}. Made by: ${name} completion bash
_${name}() {
  local current="\${COMP_WORDS[COMP_CWORD]}" previous="\${COMP_WORDS[COMP_CWORD-1]}"
  local path='' words='' options='' asked='' files='' value='' next word i given=0
  for ((i = 1; i < COMP_CWORD; i++)); do
    next="\${path:+$path }\${COMP_WORDS[i]}"
    case "$next" in
    ${known.join('|')}) path="$next" ;;
    *) if [[ "\${COMP_WORDS[i]}" != -* ]]; then case "\${COMP_WORDS[i-1]}" in ${valueOptions(places)}) ;; *) given=$((given + 1)) ;; esac; fi ;;
    esac
  done
  COMPREPLY=()
  case "$path $previous" in
${choices.join('\n')}
  esac
  if [[ -z "$value" ]]; then
    case "$previous" in
      ${optionPattern(places, 'folder')}) value=1 files=folder ;;
      ${optionPattern(places, 'file')}) value=1 files=file ;;
      ${optionPattern(places, 'anything')}) return ;;
    esac
  fi
  if [[ -z "$value" ]]; then
    case "$path" in
${cases.join('\n')}
    esac
    if [[ "$current" == -* ]]; then COMPREPLY=($(compgen -W "$options" -- "$current")); return; fi
  fi
  if [[ -n "$words" ]]; then COMPREPLY=($(compgen -W "$words" -- "$current"))
  elif [[ -n "$asked" ]]; then
    # No compgen: it would run what a name holds.
    while IFS= read -r word; do [[ "$word" == "$current"* ]] && COMPREPLY+=("$word"); done < <("\${COMP_WORDS[0]}" completion-words "$asked" 2>/dev/null)
  elif [[ "$files" == folder ]]; then compopt -o filenames 2>/dev/null; COMPREPLY=($(compgen -d -- "$current"))
  elif [[ -n "$files" ]]; then compopt -o filenames 2>/dev/null; COMPREPLY=($(compgen -f -- "$current"))
  fi
}
complete -F _${name} ${name}
`;
}

/** Every option that takes a value, for a `case`: the word after one is no argument. */
function valueOptions(places: readonly Place[]): string {
  const names = places.flatMap(({ options }) =>
    options.filter(({ takes }) => takes !== 'nothing').flatMap(({ long, short }) => [long, short]),
  );
  return [...new Set(names)].filter((name) => name !== '').join('|') || '--';
}

function zshScript(name: string, places: readonly Place[]): string {
  const known = places.filter(({ path }) => path !== '').map(({ path }) => quoted(path));
  const item = (word: string, summary: string): string => quoted(`${word.replaceAll(':', '\\:')}:${summary}`);
  const offer = (takes: Takes): string => {
    if (isWords(takes)) return `compadd -- ${takes.join(' ')}`;
    if (isAsked(takes)) return `compadd -- \${(f)"$("\${words[1]}" completion-words ${takes.ask} 2>/dev/null)"}`;
    return takes === 'folder' ? '_files -/' : takes === 'file' ? '_files' : ':';
  };
  const cases = places.map((place) => {
    const first = offer(place.argument);
    const then = place.variadic || first === ':' ? first : `(( given_ )) || ${first}`;
    return `    ${quoted(place.path)})
      words_=(${place.commands.map((child) => item(child.name, child.summary)).join(' ')})
      options_=(${place.options.map(({ long, summary }) => item(long, summary)).join(' ')})
      if [[ "$current_" == -* ]]; then _describe -t options option options_
      elif (( \${#words_} )); then _describe -t commands command words_
      else ${then}
      fi
      ;;`;
  });
  const choices = places.flatMap((place) =>
    place.options
      .filter(({ takes }) => isWords(takes) || isAsked(takes))
      .flatMap(({ long, short, takes }) =>
        [long, short]
          .filter((flag) => flag !== '')
          .map((flag) => `    ${quoted(`${place.path} ${flag}`)}) ${offer(takes)}; return ;;`),
      ),
  );
  return `#compdef ${name}
# zsh completion for ${name}. Made by: ${name} completion zsh
_${name}() {
  local path_='' next_ i
  local -i given_=0
  local current_="\${words[CURRENT]}" previous_="\${words[CURRENT-1]}"
  local -a words_ options_
  for ((i = 2; i < CURRENT; i++)); do
    next_="\${path_:+$path_ }\${words[i]}"
    case "$next_" in
      ${known.join('|')}) path_="$next_" ;;
      *) if [[ "\${words[i]}" != -* ]]; then case "\${words[i-1]}" in ${valueOptions(places)}) ;; *) given_+=1 ;; esac; fi ;;
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
}
if [[ "\${funcstack[1]}" == "_${name}" ]]; then _${name} "$@"; else compdef _${name} ${name}; fi
`;
}

function fishScript(name: string, places: readonly Place[]): string {
  const lines: string[] = [];
  const known = places.filter(({ path }) => path !== '').map(({ path }) => quoted(path));
  for (const place of places) {
    const when = `-n ${quoted(`__${name}_at ${quoted(place.path)}`)}`;
    // Without this, fish offers files after every command.
    if (place.argument !== 'file') lines.push(`complete -c ${name} -f ${when}`);
    for (const child of place.commands)
      lines.push(`complete -c ${name} ${when} -a ${quoted(child.name)} -d ${quoted(child.summary)}`);
    if (isWords(place.argument) || isAsked(place.argument)) {
      const first = place.variadic ? when : `-n ${quoted(`__${name}_at ${quoted(place.path)} first`)}`;
      lines.push(`complete -c ${name} ${first} -a ${fishWords(name, place.argument)}`);
    }
    for (const option of place.options) {
      const short = option.short === '' ? '' : ` -s ${option.short.slice(1)}`;
      lines.push(
        `complete -c ${name} ${when}${short} -l ${option.long.slice(2)}${fishValue(name, option.takes)} -d ${quoted(option.summary)}`,
      );
    }
  }
  return `# fish completion for ${name}. Made by: ${name} completion fish
function __${name}_at
  set -l path ''
  set -l given 0
  set -l before ''
  for word in (commandline -opc)[2..]
    set -l next (string trim -- "$path $word")
    if contains -- "$next" ${known.join(' ')}
      set path "$next"
    else if not string match -q -- '-*' "$word"; and not contains -- "$before" ${valueOptions(places).split('|').join(' ')}
      set given (math $given + 1)
    end
    set before "$word"
  end
  test "$path" = "$argv[1]"; and begin
    test (count $argv) -lt 2; or test $given -eq 0
  end
end
${lines.join('\n')}
`;
}

function fishWords(name: string, takes: readonly string[] | { readonly ask: AskedWords }): string {
  return quoted(isAsked(takes) ? `(${name} completion-words ${takes.ask} 2>/dev/null)` : takes.join(' '));
}

function fishValue(name: string, takes: Takes): string {
  if (takes === 'nothing') return '';
  if (takes === 'folder') return ` -x -a '(__fish_complete_directories)'`;
  if (takes === 'file') return ' -r -F';
  return takes === 'anything' ? ' -x' : ` -x -a ${fishWords(name, takes)}`;
}
