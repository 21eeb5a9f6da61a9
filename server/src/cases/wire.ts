import type { Visit } from '../http/index.ts'
import { mailboxChallengeView } from '../mailboxes/wire.ts'
import type { Author, Case } from './case.ts'

/** Who has to do something next, and until when. */
export function nextOf({ state, dueAt }: Case): { who: Author | null; by: Date | null } {
  if (state === 'closed') return { who: null, by: null }
  if (state === 'operator') return { who: 'operator', by: null }
  return { who: state === 'administrators' ? 'administrator' : 'asker', by: dueAt }
}

/** What one can do next, as the page's buttons and a program's links. */
function actsOf({ locale: { t } }: Visit, { as, one: { number, state } }: Reading) {
  const path = `/cases/${number}`
  if (state === 'prove-address')
    return [
      { act: 'prove', method: 'POST', href: `${path}/proofs`, title: t('cases.code.verify') },
      { act: 'send', method: 'POST', href: `${path}/challenges`, title: t('cases.code.again') },
    ]
  if (state === 'closed') return []
  return [
    { act: 'write', method: 'POST', href: `${path}/messages`, title: t('cases.reply.go') },
    as === 'asker'
      ? { act: 'withdraw', method: 'POST', href: `${path}/withdrawal`, title: t('cases.withdraw') }
      : { act: 'close', method: 'POST', href: `${path}/closing`, title: t('cases.help.close') },
  ]
}

/** A case, and as whom it is read. `proved`: whether a helper's proof is fresh enough to write. */
export type Reading = { as: 'asker'; one: Case } | { as: 'administrator'; one: Case; proved?: boolean }

/** A case as programs get it (work accounts on the wire, §1.8). */
export function caseView(visit: Visit, read: Reading) {
  const { one } = read
  const { who, by } = nextOf(one)
  const { number, kind, state, domain, address, openedAt, inDomain, messages, result, challenge } = one
  return {
    ...{ number, kind, domain, address, state },
    openedAt: openedAt?.toISOString() ?? null,
    // Nothing in a case proves its domain by DNS yet.
    proved: { inDomain: openedAt !== null && inDomain, dns: false },
    messages: messages.map(({ by: author, at, text }) => ({ by: author, at: at.toISOString(), text })),
    next: { who, by: by?.toISOString() ?? null },
    ...(state === 'closed' && { result }),
    ...(state === 'prove-address' && { challenge: challenge ? mailboxChallengeView(challenge) : null }),
    acts: actsOf(visit, read),
  }
}
