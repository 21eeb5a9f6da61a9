import type { Command, CommandGroup } from './command.ts'

/** What a command is called and takes, on one line. */
export const usageOf = (name: string, { usage }: Command) => `latchkey ${name} ${usage}`.trimEnd()

const rowOf = (name: string, command: Command) => `  ${usageOf(name, command)}\n      ${command.about}`

const LAST = `--json prints the result for programs. A command ends with 0 once it is done, with 1 where it is refused, with 2 where
it was mistyped. The environment configures it: docs/settings.md lists the variables.`

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
export const helpOfGroup = (name: string, group: CommandGroup): string =>
  [
    `latchkey ${name}: ${group.about}`,
    `Usage:\n${rowsOf(name, group).join('\n')}`,
    ...examplesIn(group.examples),
    LAST,
  ].join('\n\n')

/** One command of a group, with its own examples. `name`: its words. */
export const helpOfCommand = (name: string, command: Command, group: CommandGroup): string =>
  [
    `latchkey ${name}: ${command.about}`,
    `Usage:\n  ${usageOf(name, command)}`,
    ...examplesIn(examplesOf(name, group)),
    group.about,
    LAST,
  ].join('\n\n')

/** The examples of a group that show this command. */
export const examplesOf = (name: string, { examples }: CommandGroup) =>
  examples.filter(([, command]) => `${command} `.startsWith(`${name} `))

const examplesIn = (examples: CommandGroup['examples']): string[] =>
  examples.length === 0
    ? []
    : [`Examples:\n${examples.map(([does, command]) => `  ${does}:\n      latchkey ${command}`).join('\n')}`]
