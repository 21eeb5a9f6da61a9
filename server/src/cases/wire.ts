import { type Learned, learnedIn } from '../assistant/index.ts'
import { situationOf } from '../assistant/wire.ts'
import type { Visit } from '../http/index.ts'
import { mailboxChallengeView } from '../mailboxes/wire.ts'
import type { Check } from '../organization/index.ts'
import { checkView, recordView } from '../organization/wire.ts'
import type { Author, Case, CaseMessage } from './case.ts'

/** Who has to do something next, and until when. */
export function nextOf({ state, dueAt }: Case): { who: Author | null; by: Date | null } {
  if (state === 'closed') return { who: null, by: null }
  if (state === 'operator') return { who: 'operator', by: null }
  if (state === 'provider') return { who: 'provider', by: dueAt }
  return { who: state === 'administrators' ? 'administrator' : 'asker', by: dueAt }
}

/** What one can do next, as the page's buttons and a program's links. */
function actsOf({ locale: { t } }: Visit, { as, one }: Reading) {
  const { number, state } = one
  const path = `/cases/${number}`
  if (state === 'prove-address')
    return [
      { act: 'prove', method: 'POST', href: `${path}/proofs`, title: t('cases.code.verify') },
      { act: 'send', method: 'POST', href: `${path}/challenges`, title: t('cases.code.again') },
    ]
  if (state === 'closed') return []
  return [
    ...(as === 'asker' && recordOf(one) !== undefined
      ? [{ act: 'check', method: 'POST', href: `${path}/check`, title: t('domains.check.now') }]
      : []),
    { act: 'write', method: 'POST', href: `${path}/messages`, title: t('cases.reply.go') },
    ...(as === 'asker'
      ? [{ act: 'withdraw', method: 'POST', href: `${path}/withdrawal`, title: t('cases.withdraw') }]
      : []),
    ...(as === 'administrator'
      ? [{ act: 'close', method: 'POST', href: `${path}/closing`, title: t('cases.help.close') }]
      : []),
  ]
}

/** The text that would still prove the domain; undefined where it is proved, or the case is over or of before. */
export const recordOf = ({ state, proof, dnsProvedAt }: Case): string | undefined =>
  state === 'prove-address' || state === 'closed' || dnsProvedAt ? undefined : (proof ?? undefined)

/** What the last look into the DNS found. */
export const checkOf = ({ check }: Case): Check | null => check as Check | null

/** A case, and as whom it is read. `proved`: whether a helper's proof is fresh enough to write. */
export type Reading = { as: 'asker' | 'provider'; one: Case } | { as: 'administrator'; one: Case; proved?: boolean }

/** What the assistant was told before this message, as far as the reader may see it. */
export const learnedFor = ({ as, one }: Reading, { learned }: CaseMessage): Learned | undefined =>
  learned && (as === 'asker' ? learned : learnedIn(one.domain, learned))

function messageView(read: Reading, message: CaseMessage) {
  const { by, at, text } = message
  const learned = learnedFor(read, message)
  return { by, at: at.toISOString(), text, ...(learned && { assistant: learnedView(learned) }) }
}

/** The same members as the assistant itself has. */
const learnedView = ({ username, from, answers, leaf }: Learned) => ({
  situation: leaf && situationOf(leaf),
  known: { username, from },
  answers,
})

/** A case as programs get it (work accounts on the wire, §1.8). */
export function caseView(visit: Visit, read: Reading) {
  const { one } = read
  const { who, by } = nextOf(one)
  const { number, kind, state, domain, address, openedAt, inDomain, dnsProvedAt, messages, result, challenge } = one
  const [record, check] = read.as === 'asker' ? [recordOf(one), checkOf(one)] : []
  return {
    ...{ number, kind, domain, address, state },
    openedAt: openedAt?.toISOString() ?? null,
    proved: { inDomain: openedAt !== null && inDomain, dns: dnsProvedAt !== null },
    ...(record !== undefined && { record: recordView(record), check: check && checkView(visit, check) }),
    messages: messages.map(message => messageView(read, message)),
    next: { who, by: by?.toISOString() ?? null },
    ...(state === 'closed' && { result }),
    ...(state === 'prove-address' && { challenge: challenge ? mailboxChallengeView(challenge) : null }),
    acts: actsOf(visit, read),
  }
}
