/** The completion script for bash. Pure. */
import type { Catalogue, CommandSpec } from '../catalogue.ts';
import { optionSpecs } from '../options.ts';
import { fieldOffersOf, grouped, offersOf } from './offers.ts';

/** Words that are all of letters that no shell takes for anything else. */
function cases(commands: readonly CommandSpec[], wordsOf: (command: CommandSpec) => readonly string[]): string {
  return grouped(commands, wordsOf)
    .map((group) => `    ${group.commands.join('|')})\n      printf '%s' '${group.words.join(' ')}' ;;\n`)
    .join('');
}

export function bashScript(catalogue: Catalogue): string {
  const commands = catalogue.all();
  const options = optionSpecs.map((option) => option.name).join(' ');
  const withValue = optionSpecs.filter((option) => option.value !== undefined).map((option) => option.name);
  return `# Completion of quorate for bash 4.3 and later. Made by: quorate completion bash

_quorate_commands='${commands.map((command) => command.name).join(' ')}'

# The words that may follow a command.
_quorate_words() {
  case $1 in
    help)
      printf '%s' "$_quorate_commands ${catalogue.classWords.join(' ')} commands errors" ;;
${cases(
  commands.filter((command) => command.name !== 'help'),
  (command) => offersOf(catalogue, command),
)}  esac
}

# The fields that params= or param-name= of a command may name.
_quorate_fields() {
  case $1 in
${cases(commands, (command) => fieldOffersOf(catalogue, command))}  esac
}

_quorate() {
  local line=\${COMP_LINE:0:COMP_POINT} current previous command='' index before='' candidate
  local -a words=() offers=()
  COMPREPLY=()
  read -ra words <<<"$line"
  [[ $line == *[[:space:]] ]] && words+=('')
  index=$((\${#words[@]} - 1))
  ((index > 0)) || return 0
  current=\${words[index]}
  previous=\${words[index - 1]}
  case $previous in
    --socket|--dir)
      compopt -o filenames 2>/dev/null
      mapfile -t COMPREPLY < <(compgen -f -- "$current")
      return 0 ;;
    ${withValue.filter((name) => name !== '--socket' && name !== '--dir').join('|')})
      return 0 ;;
  esac
  for ((index = 1; index < \${#words[@]} - 1; index++)); do
    case \${words[index]} in
      ${withValue.join('|')}) index=$((index + 1)) ;;
      -*) ;;
      *) command=\${words[index]}; break ;;
    esac
  done
  if [[ $current == --* ]]; then
    offers=(${options})
  elif [[ -z $command ]]; then
    read -ra offers <<<"$_quorate_commands"
  elif [[ $current == params=* || $current == param-name=* ]]; then
    before=\${current%%=*}=
    [[ $before == params= && $current == *,* ]] && before=\${current%,*},
    read -ra offers <<<"$(_quorate_fields "$command")"
  elif [[ $command == call || $current == *=* ]]; then
    # What stands in the database, and what a field may be, the program itself knows.
    [[ $command != call && $current == *=* ]] && before=\${current%%=*}=
    mapfile -t offers < <("\${words[0]}" --complete "\${words[@]:1}" 2>/dev/null)
  else
    read -ra offers <<<"$(_quorate_words "$command")"
  fi
  for candidate in "\${offers[@]}"; do
    [[ $before$candidate == "$current"* ]] || continue
    # A word that goes on: no space after it.
    [[ $candidate == *[=:.] || $before == *, ]] && compopt -o nospace 2>/dev/null
    printf -v candidate '%q' "$candidate"
    COMPREPLY+=("$before$candidate")
  done
  # Bash replaces only what follows the last character at which it breaks words.
  local breaks=\${COMP_WORDBREAKS//[^=:]/} kept
  if [[ -n $breaks && $current == *[$breaks]* ]]; then
    kept=\${current%"\${current##*[$breaks]}"}
    COMPREPLY=("\${COMPREPLY[@]#"$kept"}")
  fi
}

complete -F _quorate quorate
`;
}
