import { type CommandGroup, columns, flag, modules, show, type Values, withAct } from './command.ts'

const load = () => modules('rescues')
type Rescue = Awaited<ReturnType<Awaited<ReturnType<typeof load>>['rescues']['getRescueOf']>>

/** A rescue as it is told to a program. */
const told = ({ one, ...rescue }: Rescue) => {
  const { id, state, act, target, provider, taker, approver, checked, note, askedAt, endsAt, reason, refusal } = rescue
  return {
    ...{ id, case: one.number, domain: one.domain, asker: one.address, state, act, target },
    ...{ provider: provider?.name ?? null, taker: taker?.name ?? null, approver: approver?.name ?? null },
    ...{ checked, note, askedAt, endsAt, reason, refusal },
  }
}

const linesOf = (one: Rescue) => {
  const { case: number, domain, asker, state, act, target, provider, taker, approver, checked, refusal } = told(one)
  return [
    ...columns([
      ['Case', number],
      ['Domain', domain],
      ['State', state],
      ['Act', target === null ? act : `${act} for ${target}`],
      ['Asker', asker],
      ['Provider', provider ?? ''],
      ['Taken by', taker === null ? '' : `${taker} (${checked})`],
      ['Approved by', approver ?? ''],
      ['Finished', one.finishedAt?.toISOString() ?? ''],
      ['State ends', one.endsAt.toISOString()],
      ...(refusal === null ? [] : [['Because', refusal]]),
    ]),
    ...textOf('Note of the provider', one.note),
    ...textOf('Objection', one.reason),
  ]
}

const textOf = (title: string, text: string | null) =>
  text === null ? [] : ['', `${title}:`, ...text.split('\n').map(line => `  ${line}`)]

async function listRescues({ json, all }: Values) {
  const on = await load()
  const open = await withAct((db, act) => on.rescues.listOpenRescues(db, act))
  const listed = open.filter(({ state }) => all || state === 'disputed')
  show(json, listed.map(told), () =>
    listed.length === 0
      ? ['No rescue waits for you.']
      : columns(
          listed.map(one => [
            one.one.number,
            one.one.domain,
            one.state,
            one.act,
            one.endsAt.toISOString().slice(0, 10),
          ]),
        ),
  )
}

async function showRescue({ json }: Values, number: string) {
  const on = await load()
  const one = await withAct((db, act) => on.rescues.getRescueOf(db, act, number))
  show(json, told(one), () => linesOf(one))
}

const decide =
  (act: 'allowRescue' | 'refuseByOperator', done: string) =>
  async ({ json }: Values, number: string) => {
    const on = await load()
    const one = await withAct(async (db, operator) => {
      await on.rescues[act](db, operator, await on.rescues.getRescueOf(db, operator, number))
      return on.rescues.getRescueOf(db, operator, number)
    })
    show(json, told(one), () => [`The rescue of ${one.one.domain} ${done} Everybody who was told is mailed.`])
  }

export const rescueCommands: CommandGroup = {
  about: 'providers that let a locked-out company back in. NUMBER is that of the case.',
  commands: {
    list: {
      usage: '[--all] [--json]',
      about: 'the disputed rescues, on which you decide within 14 days; with --all every open one',
      options: { all: flag, json: flag },
      run: listRescues,
    },
    show: {
      usage: 'NUMBER [--json]',
      about: 'read the last rescue of a case, and the objection',
      options: { json: flag },
      takes: ['NUMBER'],
      run: showRescue,
    },
    allow: {
      usage: 'NUMBER [--json]',
      about: 'let a disputed rescue go on',
      options: { json: flag },
      takes: ['NUMBER'],
      run: decide('allowRescue', 'goes on.'),
    },
    refuse: {
      usage: 'NUMBER [--json]',
      about: 'refuse a disputed rescue; what was finished is undone',
      options: { json: flag },
      takes: ['NUMBER'],
      run: decide('refuseByOperator', 'is refused.'),
    },
  },
  examples: [
    ['What waits for you', 'rescues list'],
    ['Read a rescue and its objection', 'rescues show LK-BCDFGHJK'],
    ['Let it go on', 'rescues allow LK-BCDFGHJK'],
    ['Refuse it', 'rescues refuse LK-BCDFGHJK'],
  ],
}
