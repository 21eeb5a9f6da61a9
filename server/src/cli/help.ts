import type { Command, CommandGroup } from './command.ts'

/** What a command is called and takes, on one line. */
export const usageOf = (name: string, { usage }: Command) => `latchkey ${name} ${usage}`.trimEnd()

const rowOf = (name: string, command: Command) => `  ${usageOf(name, command)}\n      ${command.about}`

const LAST = `--json prints the result for programs. A command ends with 0 once it is done, with 1 where it is refused, with 2 where
it was mistyped. The environment configures it: README.md lists the variables.`

/** Every command. */
export function helpOf(single: Record<string, Command>, groups: Record<string, CommandGroup>): string {
  const rows = [
    ...Object.entries(single).map(([name, command]) => rowOf(name, command)),
    ...Object.entries(groups).flatMap(([name, group]) => rowsOf(name, group)),
  ]
  return `Usage:\n${rows.join('\n')}\n\nlatchkey GROUP --help explains one group, such as users. ${LAST}`
}

const rowsOf = (name: string, { commands }: CommandGroup) =>
  Object.entries(commands).map(([word, command]) => rowOf(`${name} ${word}`, command))

/** The commands of one group, with examples. */
export function helpOfGroup(name: string, group: CommandGroup): string {
  const examples = (group.examples ?? []).map(([does, command]) => `  ${does}:\n      latchkey ${command}`)
  return [
    `latchkey ${name}: ${group.about}`,
    `Usage:\n${rowsOf(name, group).join('\n')}`,
    ...(examples.length > 0 ? [`Examples:\n${examples.join('\n')}`] : []),
    LAST,
  ].join('\n\n')
}
