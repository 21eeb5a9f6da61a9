import { type CommandGroup, columns, flag, modules, show, text, UsageError, type Values, withAct } from './command.ts'

const load = () => modules('directory', 'partners', 'store')
type On = Awaited<ReturnType<typeof load>>
type Partner = Awaited<ReturnType<On['partners']['readPartner']>>

const told = ({
  tenantId,
  partnerId,
  kinds,
  status,
  legalProfile,
  enrollments,
  suspension,
  verification,
}: Partner) => ({
  ...{ id: tenantId, partnerId, kinds, status, legalProfile, enrollments, suspension, verification },
})

/** What was handed in waits for the operator's word, however far its verification is; so does what is verified anew. */
const waits = ({ enrollments, verification }: Partner) =>
  enrollments.some(({ status }) => status === 'verifying' || (status === 'active' && verification !== 'accepted'))

const linesOf = (one: Partner) => [
  ...columns([
    ['Company', one.legalProfile.companyName],
    ['Address', `${one.legalProfile.street}, ${one.legalProfile.postalCode ?? ''} ${one.legalProfile.city}`],
    ['Country', one.legalProfile.country],
    ['Registration', one.legalProfile.registrationNumber ?? 'none'],
    ['Partner id', one.partnerId],
    ['Status', one.suspension ? `suspended: ${one.suspension.reason}` : one.status],
    ['Verification', one.verification],
  ]),
  '',
  ...columns(one.enrollments.map(({ program, status }) => [program, status])),
]

async function listPartners({ json, all }: Values) {
  const on = await load()
  const partners = await withAct((db, act) => on.partners.listPartners(db, act))
  const listed = partners.filter(one => all || waits(one))
  show(json, listed.map(told), () =>
    listed.length === 0
      ? ['No partner waits for you.']
      : columns(
          listed.map(one => [
            one.legalProfile.companyName,
            one.partnerId,
            one.status,
            one.enrollments.map(({ program, status }) => `${program} ${status}`).join(', '),
          ]),
        ),
  )
}

/** Does something to the partner of a domain, and returns it as it is then. */
const decide = (
  domain: string,
  work: (
    on: On,
    trx: Parameters<On['partners']['admitPartner']>[0],
    act: Parameters<On['partners']['admitPartner']>[1],
  ) => Promise<unknown>,
) =>
  withAct(async (db, act) => {
    const on = await load()
    const tenantId = await on.directory.findTenantId(db, domain)
    return on.store.inTenant(db, tenantId, async trx => {
      const before = await on.partners.readPartner(trx, act)
      const done = await work(on, trx, act)
      return { before, done, partner: await on.partners.readPartner(trx, act) }
    })
  })

async function showPartner({ json }: Values, domain: string) {
  const { partner } = await decide(domain, async () => undefined)
  show(json, told(partner), () => linesOf(partner))
}

const word =
  (act: 'admitPartner' | 'refusePartner' | 'restorePartner', done: string) =>
  async ({ json }: Values, domain: string) => {
    const { before, partner } = await decide(domain, (on, trx, by) => on.partners[act](trx, by))
    const isIdle = act !== 'restorePartner' && JSON.stringify(told(before)) === JSON.stringify(told(partner))
    const { companyName } = partner.legalProfile
    show(json, told(partner), () => [
      isIdle ? `Nothing of ${companyName} waits for you.` : `${companyName} ${done}`,
      ...['', ...linesOf(partner)],
    ])
  }

const REASONS = ['abuse', 'verification', 'operator'] as const

async function suspend({ json, reason }: Values, domain: string) {
  const chosen = REASONS.find(one => one === reason)
  if (!chosen) throw new UsageError(`--reason is one of ${REASONS.join(', ')}.`)
  const { partner } = await decide(domain, (on, trx, act) => on.partners.suspendPartner(trx, act, chosen))
  show(json, told(partner), () => [`${partner.legalProfile.companyName} is suspended.`, '', ...linesOf(partner)])
}

export const partnerCommands: CommandGroup = {
  about: 'firms that help other companies. DOMAIN is one of the firm.',
  commands: {
    list: {
      usage: '[--all] [--json]',
      about: 'the firms that wait for your word; with --all every partner',
      options: { all: flag, json: flag },
      run: listPartners,
    },
    show: {
      usage: 'DOMAIN [--json]',
      about: 'read a firm’s account and enrollments',
      options: { json: flag },
      takes: ['DOMAIN'],
      run: showPartner,
    },
    admit: {
      usage: 'DOMAIN [--json]',
      about: 'admit what a firm has handed in, and a changed name or address',
      options: { json: flag },
      takes: ['DOMAIN'],
      run: word('admitPartner', 'is admitted.'),
    },
    refuse: {
      usage: 'DOMAIN [--json]',
      about: 'refuse what a firm has handed in',
      options: { json: flag },
      takes: ['DOMAIN'],
      run: word('refusePartner', 'is refused.'),
    },
    suspend: {
      usage: 'DOMAIN --reason abuse|verification|operator [--json]',
      about: 'let nothing new begin at a partner; for abuse its people reach no customer either',
      options: { json: flag, reason: text },
      takes: ['DOMAIN'],
      run: suspend,
    },
    restore: {
      usage: 'DOMAIN [--json]',
      about: 'end a suspension',
      options: { json: flag },
      takes: ['DOMAIN'],
      run: word('restorePartner', 'goes on.'),
    },
  },
  examples: [
    ['Who waits for you', 'partner list'],
    ['Read a firm’s account', 'partner show harbour.example'],
    ['Admit it', 'partner admit harbour.example'],
    ['Refuse it', 'partner refuse harbour.example'],
    ['Stop a firm that misuses its access', 'partner suspend harbour.example --reason abuse'],
    ['Let it go on', 'partner restore harbour.example'],
  ],
}
