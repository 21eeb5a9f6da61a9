import type { Visit } from '../http/index.ts'
import type { MailboxChallenge } from '../mailboxes/index.ts'
import { methods } from '../methods/index.ts'
import type { Author, Case } from './case.ts'

/** Who has to do something next, and until when. */
export function nextOf({ state, dueAt }: Case): { who: Author | null; by: Date | null } {
  if (state === 'closed') return { who: null, by: null }
  if (state === 'operator') return { who: 'operator', by: null }
  return { who: state === 'administrators' ? 'administrator' : 'asker', by: dueAt }
}

/** What one can do next, as the page's buttons and a program's links. */
function actsOf({ locale: { t } }: Visit, { number, state }: Case) {
  const path = `/cases/${number}`
  if (state === 'prove-address')
    return [
      { act: 'prove', method: 'POST', href: `${path}/proofs`, title: t('cases.code.verify') },
      { act: 'send', method: 'POST', href: `${path}/challenges`, title: t('cases.code.again') },
    ]
  return []
}

/** A case as programs get it (work accounts on the wire, §1.8). */
export function caseView(visit: Visit, one: Case) {
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
    ...(state === 'prove-address' && { challenge: challenge ? challengeView(challenge) : null }),
    acts: actsOf(visit, one),
  }
}

const challengeView = ({ id, address, expiresAt, delivery, undelivered }: MailboxChallenge) => ({
  id,
  kind: 'email',
  hint: methods.email.hint!(address),
  expiresAt: expiresAt.toISOString(),
  delivery,
  ...(undelivered && { reason: undelivered }),
})
