import { type CommandGroup, columns, flag, modules, show, text, UsageError, type Values, withAct } from './command.ts'
import { readRows } from './lists.ts'

const load = () => modules('directory', 'odata', 'partners', 'store', 'verification')
type ListedCase = import('../verification/index.ts').ListedCase
type On = Awaited<ReturnType<typeof load>>
type Case = Awaited<ReturnType<On['verification']['readCase']>>
type Verdict = Parameters<On['partners']['decideStage']>[2]

const stagesOf = ({ stages }: Pick<ListedCase, 'stages'>) =>
  stages.map(({ stage, status, reason, dueAt }) => ({
    stage,
    status,
    reason,
    dueDateTime: dueAt?.toISOString() ?? null,
  }))

/** A verification as it is told to a program. */
const toldWhole = ({ id, account, verification: { status, stages, history, documents } }: Case) => ({
  ...{ id, partnerId: account.partnerId, legalProfile: account.legalProfile, status, stages: stagesOf({ stages }) },
  ...{ history, documents },
})

function linesOf({ verification: { stages, history, documents }, account }: Case): string[] {
  const { legalProfile: profile, contacts } = account
  return [
    ...columns([
      ['Company', profile.companyName],
      ['Address', `${profile.street}, ${profile.postalCode ?? ''} ${profile.city}, ${profile.country}`],
      ['Registration', profile.registrationNumber ?? 'none'],
      ['Contact', `${contacts.primary.givenName} ${contacts.primary.surname}, ${contacts.primary.mail}`],
      ['Verification', account.verification],
    ]),
    '',
    ...columns(stagesOf({ stages }).map(({ stage, status, reason }) => [stage, status, reason ?? ''])),
    '',
    ...columns(
      history.map(({ at, stage, status, by, reason, text: words }) => [
        ...[at.toISOString().slice(0, 10), stage, status, by, reason ?? ''],
        (words ?? '').replaceAll('\n', ' '),
      ]),
    ),
    // Reviewers read them in the application: they never go through a terminal.
    ...(documents.some(({ handedInAt }) => handedInAt) ? ['', `${documents.length} documents are kept.`] : []),
  ]
}

async function listVerifications({ json }: Values) {
  const on = await load()
  const open = (await withAct((db, act) =>
    on.store.inSystem(db, trx => readRows(on, trx, act, { entity: on.verification.deskEntity(act.now) })),
  )) as unknown as ListedCase[]
  const told = open.map(({ claimedBy: _, ...one }) => ({ ...one, stages: stagesOf(one) }))
  show(json, told, () =>
    open.length === 0
      ? ['No verification is open.']
      : columns(
          open.map(one => [
            ...[one.companyName, one.partnerId, one.status],
            stagesOf(one)
              .map(({ stage, status }) => `${stage} ${status}`)
              .join(', '),
          ]),
        ),
  )
}

/** Decides a stage of the firm of a domain, where there is a verdict, and returns its case as it is then. */
const ofFirm = (domain: string, verdict?: Verdict): Promise<Case> =>
  withAct(async (db, act) => {
    const on = await load()
    const tenantId = await on.directory.findTenantId(db, domain)
    return on.store.inTenant(db, tenantId, async trx => {
      if (verdict) await on.partners.decideStage(trx, act, verdict)
      return on.verification.readCase(trx, act)
    })
  })

async function showVerification({ json }: Values, domain: string) {
  const found = await ofFirm(domain)
  show(json, toldWhole(found), () => linesOf(found))
}

const word =
  (verdict: Verdict['verdict']) =>
  async ({ json, stage, reason, text: words }: Values, domain: string) => {
    const { stages, verificationReasons } = (await load()).partners
    const named = stages.find(one => one === stage)
    if (!named) throw new UsageError(`--stage is one of ${stages.join(', ')}.`)
    const because = verificationReasons.find(one => one === reason)
    if (reason !== undefined && !because) throw new UsageError(`--reason is one of ${verificationReasons.join(', ')}.`)
    const found = await ofFirm(domain, {
      ...{ stage: named, verdict, reason: because },
      text: typeof words === 'string' ? words : undefined,
    })
    show(json, toldWhole(found), () => linesOf(found))
  }

export const verificationCommands: CommandGroup = {
  about: 'how partners prove who they are. DOMAIN is one of the firm.',
  commands: {
    list: {
      usage: '[--json]',
      about: 'the firms whose verification is open, those that wait longest first',
      options: { json: flag },
      run: listVerifications,
    },
    show: {
      usage: 'DOMAIN [--json]',
      about: 'read a firm’s verification and its history',
      options: { json: flag },
      takes: ['DOMAIN'],
      run: showVerification,
    },
    accept: {
      usage: 'DOMAIN --stage STAGE [--text TEXT] [--json]',
      about: 'accept a stage that waits',
      options: { stage: text, text, json: flag },
      takes: ['DOMAIN'],
      run: word('accept'),
    },
    reject: {
      usage: 'DOMAIN --stage STAGE --reason REASON [--text TEXT] [--json]',
      about: 'reject a stage; the firm is told why, and is suspended after 30 days without an answer',
      options: { stage: text, reason: text, text, json: flag },
      takes: ['DOMAIN'],
      run: word('reject'),
    },
    ask: {
      usage: 'DOMAIN --stage STAGE --reason REASON [--text TEXT] [--json]',
      about: 'ask the firm for something more',
      options: { stage: text, reason: text, text, json: flag },
      takes: ['DOMAIN'],
      run: word('ask'),
    },
  },
  examples: [
    ['Whose verification is open', 'verifications list'],
    ['Read one', 'verifications show tansy.example'],
    ['Accept its business', 'verifications accept tansy.example --stage business'],
    ['Reject it, with the reason', 'verifications reject tansy.example --stage business --reason document_old'],
    ['Ask for more', 'verifications ask tansy.example --stage employment --reason domain_not_theirs'],
  ],
}
