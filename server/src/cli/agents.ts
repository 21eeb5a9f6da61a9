import { type CommandGroup, columns, flag, inTenantOf, modules, print, show, type Values } from './command.ts'

const load = () => modules('directory', 'store', 'writeback')

async function issueToken({ json }: Values, domain: string) {
  const on = await load()
  const { token, expires } = await inTenantOf(on, domain, (trx, act) => on.writeback.issueAgentToken(trx, act))
  show(json, { token, expires: expires.toISOString() }, () => [
    'One agent can enrol with this token, within an hour. It is shown only now:',
    '  latchkey-agent enroll --server URL --token TOKEN --state DIR',
    token,
  ])
}

async function listAgents({ json }: Values, domain: string) {
  const on = await load()
  const found = await inTenantOf(on, domain, (trx, act) => on.writeback.listAgents(trx, act))
  show(json, found, () =>
    columns(
      found.map(({ id, name, status, lastBeatAt, version }) => [
        id,
        name,
        status,
        lastBeatAt?.toISOString() ?? 'never',
        version,
      ]),
    ),
  )
}

async function removeAgent({ json }: Values, domain: string, id: string) {
  const on = await load()
  await inTenantOf(on, domain, (trx, act) => on.writeback.removeAgent(trx, act, id))
  if (json === true) print(JSON.stringify({ id }))
  else print(`The agent ${id} was removed: its key opens nothing any more.`)
}

const options = { json: flag }

export const agentCommands: CommandGroup = {
  about: 'programs in a company’s network through which its own directory keeps the passwords',
  commands: {
    token: {
      usage: 'DOMAIN [--json]',
      about: 'make a token by which one agent enrols within an hour; it is the last line',
      options,
      takes: ['DOMAIN'],
      run: issueToken,
    },
    list: {
      usage: 'DOMAIN [--json]',
      about: 'every agent: id, name, whether it is up, outdated or unreachable, its last beat, its version',
      options,
      takes: ['DOMAIN'],
      run: listAgents,
    },
    remove: {
      usage: 'DOMAIN ID [--json]',
      about: 'end an agent: its key is dead at once',
      options,
      takes: ['DOMAIN', 'ID'],
      run: removeAgent,
    },
  },
  examples: [
    ['Let an agent enrol', 'agents token acme.example'],
    ['How the agents are', 'agents list acme.example'],
    ['End one', 'agents remove acme.example ID'],
  ],
}
