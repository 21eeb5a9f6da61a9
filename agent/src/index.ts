import { parseArgs } from 'node:util'
import { check } from './check.ts'
import { StateError } from './files.ts'
import { makeKeys, rollKeys } from './keys.ts'
import { openLink, VERSION } from './link.ts'
import { run } from './run.ts'
import { enrol, readServer } from './server.ts'
import { keepState, openState, ownName } from './state.ts'
import { synchronizeOnce } from './synchronization.ts'

const USAGE = `latchkey-agent: writes passwords back to the company's own directory

  enroll --server URL --token TOKEN --state DIR [--ca FILE]
  run --state DIR
  roll --state DIR
  check --state DIR [--user UPN]
  sync --state DIR --once [--dry-run]
`

type Values = Record<string, string | boolean | undefined>

const needed = (values: Values, name: string): string => {
  const value = values[name]
  if (typeof value !== 'string' || value === '') throw new UsageError(`--${name} is missing.`)
  return value
}

const text = (value: string | boolean | undefined) => (typeof value === 'string' ? value : undefined)

class UsageError extends Error {}

interface Command {
  options: readonly string[]
  flags?: readonly string[]
  act(values: Values): Promise<number>
}

const commands: Record<string, Command> = {
  enroll: {
    options: ['server', 'token', 'state', 'ca'],
    async act(values) {
      const server = readServer(needed(values, 'server'))
      const ca = text(values.ca)
      const token = needed(values, 'token')
      const folder = needed(values, 'state')
      const keys = await makeKeys()
      const enrolled = await enrol(server, ca, { token, name: ownName(), version: VERSION, ...keys.public })
      const identity = { server: server.origin, ca, ...enrolled }
      await keepState(folder, { identity, keys: keys.secret })
      process.stdout.write(`This machine is agent ${enrolled.agentId}. Its keys are in ${folder}.\n`)
      return 0
    },
  },
  check: {
    options: ['state', 'user'],
    async act(values) {
      const print = (line: string) => process.stdout.write(`${line}\n`)
      return (await check(needed(values, 'state'), text(values.user), print)) ? 0 : 1
    },
  },
  sync: {
    options: ['state'],
    flags: ['once', 'dry-run'],
    async act(values) {
      const folder = needed(values, 'state')
      if (!values.once) throw new UsageError('--once is missing: without it, "run" brings what changes by itself.')
      const print = (line: string) => process.stdout.write(`${line}\n`)
      return synchronizeOnce(folder, values['dry-run'] === true, print)
    },
  },
  roll: {
    options: ['state'],
    async act(values) {
      const folder = needed(values, 'state')
      const { identity, keys } = await openState(folder)
      const nothing = () => {}
      const link = await openLink({ identity, keys }, 'sync', nothing, nothing).catch(error => {
        throw new StateError(`The server cannot be reached: ${(error as Error).message}.`)
      })
      try {
        await rollKeys(folder, keys, link)
      } finally {
        link.end()
      }
      process.stdout.write('This agent has new keys. The former ones end within an hour.\n')
      return 0
    },
  },
  run: {
    options: ['state'],
    async act(values) {
      await run(needed(values, 'state'))
      // What it was reading of the directory ends with it.
      return new Promise(() => process.stdout.write('', () => process.exit(0)))
    },
  },
}

async function main(words: string[]): Promise<number> {
  const [name = '', ...given] = words
  const command = Object.hasOwn(commands, name) ? commands[name] : undefined
  if (!command) throw new UsageError('There is no such command.')
  const options = Object.fromEntries([
    ...command.options.map(option => [option, { type: 'string' }] as const),
    ...(command.flags ?? []).map(flag => [flag, { type: 'boolean' }] as const),
  ])
  const { values } = (() => {
    try {
      return parseArgs({ args: given, options, strict: true })
    } catch (error) {
      // A mistyped option may be the token: its name is repeated, never its value.
      throw new UsageError(`${(error as Error).message.split('. ')[0]}.`)
    }
  })()
  return command.act(values as Values)
}

try {
  process.exitCode = await main(process.argv.slice(2))
} catch (error) {
  if (error instanceof UsageError) {
    process.stderr.write(`${error.message}\n\n${USAGE}`)
    process.exitCode = 2
  } else if (error instanceof StateError) {
    process.stderr.write(`${error.message}\n`)
    process.exitCode = 1
  } else throw error
}
