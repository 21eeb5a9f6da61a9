import { type Command, type CommandGroup, print, UsageError, type Values } from './command.ts'

/** Prints what a shell completes commands, their second words and options by. */
export const completionCommand = (table: () => [Record<string, Command>, Record<string, CommandGroup>]): Command => ({
  usage: 'bash|zsh',
  about: 'print completion for a shell: source <(latchkey completion bash)',
  takes: ['bash|zsh'],
  async run(_values: Values, shell: string) {
    if (shell !== 'bash' && shell !== 'zsh') throw new UsageError('It takes bash or zsh.')
    const script = completionOf(...table())
    print(shell === 'bash' ? script : `autoload -U +X bashcompinit && bashcompinit\n${script}`)
  },
})

function completionOf(single: Record<string, Command>, groups: Record<string, CommandGroup>): string {
  const optionsOf = ({ options = {} }: Command) => ['help', ...Object.keys(options)].map(name => `--${name}`).join(' ')
  const lineOf = (words: string, command: Command) => `    '${words}') offered='${optionsOf(command)}' ;;`
  const lines = [
    ...Object.entries(single).map(([word, command]) => lineOf(word, command)),
    ...Object.entries(groups).flatMap(([group, { commands }]) => [
      `    '${group}') offered='${Object.keys(commands).join(' ')} --help' ;;`,
      ...Object.entries(commands).map(([word, command]) => lineOf(`${group} ${word}`, command)),
    ]),
  ]
  return [
    '_latchkey() {',
    `  local word="\${COMP_WORDS[COMP_CWORD]}" first="\${COMP_WORDS[1]}" offered words`,
    '  words="$first"',
    `  case "$first" in ${Object.keys(groups).join('|')}) [ "$COMP_CWORD" -gt 2 ] && words="$first \${COMP_WORDS[2]}" ;; esac`,
    '  [ "$COMP_CWORD" -le 1 ] && words=""',
    '  case "$words" in',
    `    '') offered='${[...Object.keys(single), ...Object.keys(groups), 'help'].join(' ')} --help' ;;`,
    ...lines,
    '  esac',
    '  COMPREPLY=($(compgen -W "$offered" -- "$word"))',
    '}',
    'complete -o default -F _latchkey latchkey',
  ].join('\n')
}
