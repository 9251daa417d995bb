/** The completion script for zsh. Pure. */
import type { Catalogue, CommandSpec } from '../catalogue.ts';
import { optionSpecs } from '../options.ts';
import { fieldOffersOf, grouped, offersOf } from './offers.ts';

function cases(commands: readonly CommandSpec[], wordsOf: (command: CommandSpec) => readonly string[]): string {
  return grouped(commands, wordsOf)
    .map((group) => `    (${group.commands.join('|')})\n      reply=(${group.words.join(' ')}) ;;\n`)
    .join('');
}

/** Text inside single quotes of zsh's \`_describe\`, where a colon ends the word. */
function described(command: CommandSpec): string {
  return `'${command.name}:${command.summary.replaceAll("'", "'\\''").replaceAll('\n', ' ')}'`;
}

export function zshScript(catalogue: Catalogue): string {
  const commands = catalogue.all();
  const withValue = optionSpecs.filter((option) => option.value !== undefined).map((option) => option.name);
  return `#compdef quorate
# Completion of quorate for zsh. Made by: quorate completion zsh

_quorate_commands=(
${commands.map((command) => `  ${described(command)}\n`).join('')})

# The words that may follow a command.
_quorate_words() {
  reply=()
  case $1 in
    (help)
      reply=(\${_quorate_commands%%:*} ${catalogue.classWords.join(' ')} commands errors) ;;
${cases(
  commands.filter((command) => command.name !== 'help'),
  (command) => offersOf(catalogue, command),
)}  esac
}

# The fields that params= or param-name= of a command may name.
_quorate_fields() {
  reply=()
  case $1 in
${cases(commands, (command) => fieldOffersOf(catalogue, command))}  esac
}

_quorate() {
  local current=$words[CURRENT] command='' index
  local -a reply going ended
  case $words[CURRENT-1] in
    (--socket|--dir) _files; return ;;
    (${withValue.filter((name) => name !== '--socket' && name !== '--dir').join('|')}) return ;;
  esac
  for ((index = 2; index < CURRENT; index++)); do
    case $words[index] in
      (${withValue.join('|')}) ((index++)) ;;
      (-*) ;;
      (*) command=$words[index]; break ;;
    esac
  done
  if [[ $current == --* ]]; then
    compadd -- ${optionSpecs.map((option) => option.name).join(' ')}
  elif [[ -z $command ]]; then
    _describe command _quorate_commands
  elif [[ $current == params=* || $current == param-name=* ]]; then
    _quorate_fields $command
    compset -P '*='
    [[ $current == params=* ]] && compset -P '*,'
    compadd -a reply
  elif [[ $command == call || $current == *=* ]]; then
    # What stands in the database, and what a field may be, the program itself knows.
    reply=("\${(@f)$($words[1] --complete \${(Q)words[2,CURRENT]} 2>/dev/null)}")
    reply=(\${reply:#})
    [[ $command != call ]] && compset -P 1 '*='
    ended=(\${reply:#*.})
    going=(\${(M)reply:#*.})
    compadd -a ended
    compadd -S '' -a going
  else
    _quorate_words $command
    ended=(\${reply:#*[=:]})
    going=(\${(M)reply:#*[=:]})
    compadd -a ended
    compadd -S '' -a going
  fi
}

_quorate "$@"
`;
}
