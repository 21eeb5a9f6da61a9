import { type CommandGroup, columns, flag, modules, show, type Values, withAct } from './command.ts'

const load = () => modules('takeovers')
type Takeover = Awaited<ReturnType<Awaited<ReturnType<typeof load>>['takeovers']['getTakeoverOf']>>

/** What a program is told of a claim. */
const TOLD = [
  ...(['id', 'kind', 'company', 'domain', 'address', 'state', 'createdAt'] as const),
  ...(['waitingSince', 'finishedAt', 'endsAt', 'people', 'reason', 'refusal'] as const),
] satisfies (keyof Takeover)[]

const told = (one: Takeover) => Object.fromEntries(TOLD.map(name => [name, one[name]]))

const dayOf = (moment: Date | null) => moment?.toISOString().slice(0, 10) ?? ''

const linesOf = (one: Takeover) => [
  ...columns([
    ['Domain', one.domain],
    ['State', one.state],
    ['Kind', one.kind],
    ...(one.company === null ? [] : [['Company', one.company]]),
    ['Claimant', `${one.address} (the mailbox is proved)`],
    ['DNS proved', dayOf(one.waitingSince) || 'no'],
    ['People', one.people === null ? '' : String(one.people)],
    ['Finished', dayOf(one.finishedAt)],
    ['State ends', dayOf(one.endsAt)],
    ...(one.refusal === 'administrator_present' ? [['Disputed by', 'a sign-in of a Global Administrator']] : []),
  ]),
  ...(one.reason === null ? [] : ['', 'Objection:', ...one.reason.split('\n').map(line => `  ${line}`)]),
]

async function listTakeovers({ json, all }: Values) {
  const on = await load()
  const open = await withAct((db, act) => on.takeovers.listOpenTakeovers(db, act))
  const listed = open.filter(({ state }) => all || state === 'disputed')
  show(json, listed.map(told), () =>
    listed.length === 0
      ? ['No takeover waits for you.']
      : columns(listed.map(one => [one.domain, one.state, one.kind, one.address, dayOf(one.endsAt)])),
  )
}

async function showTakeover({ json }: Values, domain: string) {
  const on = await load()
  const one = await withAct((db, act) => on.takeovers.getTakeoverOf(db, act, domain))
  show(json, told(one), () => linesOf(one))
}

const decide =
  (act: 'allowTakeover' | 'refuseTakeover', done: string) =>
  async ({ json }: Values, domain: string) => {
    const on = await load()
    const one = await withAct(async (db, operator) => {
      await on.takeovers[act](db, operator, await on.takeovers.getTakeoverOf(db, operator, domain))
      return on.takeovers.getTakeoverOf(db, operator, domain)
    })
    show(json, told(one), () => [`The takeover of ${one.domain} ${done} The claimant is mailed.`])
  }

export const takeoverCommands: CommandGroup = {
  about: 'claims to administer companies, and recoveries that cases grant begins. DOMAIN is the one that is claimed.',
  commands: {
    list: {
      usage: '[--all] [--json]',
      about: 'the disputed claims, on which you decide within 14 days; with --all every open one',
      options: { all: flag, json: flag },
      run: listTakeovers,
    },
    show: {
      usage: 'DOMAIN [--json]',
      about: 'read the last claim to a domain, and the objection',
      options: { json: flag },
      takes: ['DOMAIN'],
      run: showTakeover,
    },
    allow: {
      usage: 'DOMAIN [--json]',
      about: 'let a disputed claim go on',
      options: { json: flag },
      takes: ['DOMAIN'],
      run: decide('allowTakeover', 'goes on.'),
    },
    refuse: {
      usage: 'DOMAIN [--json]',
      about: 'refuse a disputed claim; what was finished is undone',
      options: { json: flag },
      takes: ['DOMAIN'],
      run: decide('refuseTakeover', 'is refused.'),
    },
  },
  examples: [
    ['What waits for you', 'takeovers list'],
    ['Read a claim and its objection', 'takeovers show umbrella.example'],
    ['Let it go on', 'takeovers allow umbrella.example'],
    ['Refuse it', 'takeovers refuse umbrella.example'],
  ],
}
