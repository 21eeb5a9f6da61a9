import {
  type CommandGroup,
  columns,
  flag,
  modules,
  needed,
  show,
  text,
  UsageError,
  type Values,
  withAct,
} from './command.ts'

const load = () => modules('cases')
type Case = Awaited<ReturnType<Awaited<ReturnType<typeof load>>['cases']['getOpenedCase']>>

/** A case as it is told to a program. */
const told = ({
  number,
  kind,
  domain,
  address,
  state,
  openedAt,
  dueAt,
  result,
  inDomain,
  addressProved,
  dnsProvedAt,
  messages,
}: Omit<Case, 'challenge'>) => ({
  ...{ number, kind, domain, address, state, openedAt, result },
  proved: { address: addressProved, inDomain, dns: dnsProvedAt !== null },
  dueAt: state === 'closed' ? null : dueAt,
  messages: messages.map(({ by, at, text: written, learned }) => ({
    by,
    at,
    text: written,
    ...(learned && { assistant: learned }),
  })),
})

const dayOf = (moment: Date | null) => moment?.toISOString().slice(0, 10) ?? ''

const assistantOf = ({ username, from, answers, leaf }: NonNullable<Case['messages'][number]['learned']>) =>
  [
    ...(username === undefined ? [] : [username]),
    ...(from === undefined ? [] : [`refused with ${from}`]),
    ...answers.map(({ question, answer }) => `${question} ${answer.replace(/\p{Cc}/gu, ' ')}`),
    ...(leaf === null ? [] : [`led to ${leaf}`]),
  ].join(', ')

function provedOf({ addressProved, dnsProvedAt }: Case): string {
  const mailbox = addressProved ? ['the mailbox'] : []
  const domain = dnsProvedAt ? [`the domain by its DNS on ${dayOf(dnsProvedAt)}`] : []
  return [...mailbox, ...domain].join('; ') || 'nothing'
}

const linesOf = (one: Case) => [
  ...columns([
    ['Number', one.number],
    ['State', one.result ?? one.state],
    ['Kind', one.kind],
    ['Domain', one.domain],
    [
      'Asker',
      `${one.address} (${one.inDomain ? 'in the domain' : one.addressProved ? 'outside the domain' : 'a helper wrote it down'})`,
    ],
    ['Proved', provedOf(one)],
  ]),
  ...one.messages.flatMap(({ by, at, text: written, learned }) => [
    '',
    `${at.toISOString()} ${by}:`,
    ...written.split('\n').map(line => `  ${line}`),
    ...(learned ? [`  (The assistant was told: ${assistantOf(learned)}.)`] : []),
  ]),
]

async function listCases({ json, all }: Values) {
  const on = await load()
  const cases = (await withAct((db, act) => on.cases.listOpenCases(db, act))).filter(one => all || one.isOurs)
  show(json, cases.map(told), () =>
    cases.length === 0
      ? ['No case waits for you.']
      : columns(cases.map(one => [one.number, dayOf(one.openedAt), one.state, one.kind, one.domain])),
  )
}

async function showCase({ json }: Values, number: string) {
  const on = await load()
  const one = await withAct((db, act) => on.cases.getOpenedCase(db, act, number))
  show(json, told(one), () => linesOf(one))
}

async function answerCase({ json, text: typed }: Values, number: string) {
  const on = await load()
  const written = readMessage(on, needed(typed, '--text'))
  const one = await withAct(async (db, act) => {
    await on.cases.writeMessage(db, act, await on.cases.getOpenedCase(db, act, number), { ...operator, text: written })
    return on.cases.getOpenedCase(db, act, number)
  })
  show(json, told(one), () => [
    `${one.number} was answered. The asker is mailed a link, and has until ${dayOf(one.dueAt)}.`,
  ])
}

async function closeCase({ json, result, text: typed }: Values, number: string) {
  const on = await load()
  if (result !== 'resolved' && result !== 'refused') throw new UsageError('--result takes resolved or refused.')
  const last = typed === undefined ? undefined : readMessage(on, needed(typed, '--text'))
  const one = await withAct(async (db, act) => {
    await on.cases.closeCase(db, act, await on.cases.getOpenedCase(db, act, number), {
      ...operator,
      result,
      text: last,
    })
    return on.cases.getOpenedCase(db, act, number)
  })
  show(json, told(one), () => [`${one.number} is closed. The asker is mailed.`])
}

async function grantCase({ json }: Values, number: string) {
  const on = await modules('cases', 'takeovers')
  const recovery = await withAct(async (db, act) => {
    const one = await on.cases.getOpenedCase(db, act, number)
    await on.takeovers.grantRecovery(db, act, one)
    return on.takeovers.getTakeoverOf(db, act, one.domain)
  })
  const { id, domain, address, account, state } = recovery
  show(json, { id, domain, address, account, state }, () => [
    `${address} becomes a Global Administrator of ${domain} after seven days, unless somebody there objects or one of its administrators signs in.`,
    `Follow it with: latchkey takeovers show ${domain}`,
  ])
}

const operator = { by: 'operator', holds: () => true } as const

function readMessage(on: Awaited<ReturnType<typeof load>>, typed: string): string {
  const written = on.cases.readText(typed)
  if ([...written].length > on.cases.LONGEST_TEXT || /(?![\n\t])\p{Cc}/u.test(written))
    throw new UsageError(`--text takes at most ${on.cases.LONGEST_TEXT} printable characters.`)
  return written
}

export const caseCommands: CommandGroup = {
  about: 'recovery cases of people who have no way in. NUMBER is LK- and eight letters.',
  commands: {
    list: {
      usage: '[--all] [--json]',
      about: 'the open cases that wait for you or that nobody else can answer; with --all every open one',
      options: { all: flag, json: flag },
      run: listCases,
    },
    show: { usage: 'NUMBER [--json]', about: 'read a case', options: { json: flag }, takes: ['NUMBER'], run: showCase },
    answer: {
      usage: 'NUMBER --text TEXT [--json]',
      about: 'answer a case; the asker is mailed a link to it',
      options: { text, json: flag },
      takes: ['NUMBER'],
      run: answerCase,
    },
    grant: {
      usage: 'NUMBER [--json]',
      about: 'let who opened the case recover the administration of a company whose administrators are gone',
      options: { json: flag },
      takes: ['NUMBER'],
      run: grantCase,
    },
    close: {
      usage: 'NUMBER --result resolved|refused [--text TEXT] [--json]',
      about: 'close a case, with a last message where there is one',
      options: { result: text, text, json: flag },
      takes: ['NUMBER'],
      run: closeCase,
    },
  },
  examples: [
    ['What waits for you', 'cases list'],
    ['Every open case, for a script', 'cases list --all --json'],
    ['Read one', 'cases show LK-BCDFGHJK'],
    ['Answer it', "cases answer LK-BCDFGHJK --text 'Please write to us from a mailbox of your company.'"],
    ['Let its author recover the company', 'cases grant LK-BCDFGHJK'],
    ['Close it', 'cases close LK-BCDFGHJK --result resolved'],
  ],
}
