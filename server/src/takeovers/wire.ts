import type { Visit } from '../http/index.ts'
import { mailboxChallengeView } from '../mailboxes/wire.ts'
import { checkView, recordView } from '../organization/wire.ts'
import type { Reading } from './open.ts'

/** What one can do next, as the page's buttons and a program's links. */
export function actsOf({ locale: { t } }: Pick<Visit, 'locale'>, { as, takeover }: Reading) {
  const path = `/takeovers/${takeover.id}`
  const act = (name: string, href: string, title: string) => ({ act: name, method: 'POST', href, title })
  const withdraw = act('withdraw', `${path}/withdrawal`, t('takeovers.withdraw'))
  const { state } = takeover
  if (as === 'member') {
    if (state === 'finished' && takeover.undoUntil) return [act('undo', `${path}/undo`, t('takeovers.member.undo'))]
    return state === 'waiting' || state === 'ready'
      ? [act('object', `${path}/objection`, t('takeovers.member.object'))]
      : []
  }
  switch (state) {
    case 'prove-mailbox':
      return [
        act('prove', `${path}/proofs`, t('takeovers.code.verify')),
        act('send', `${path}/challenges`, t('takeovers.code.again')),
      ]
    case 'prove-dns':
    case 'waiting':
      return [act('check', `${path}/check`, t('domains.check.now')), withdraw]
    case 'ready':
      return [
        act('finish', `${path}/finish`, t(takeover.company ? 'takeovers.taking.go' : 'takeovers.ready.go')),
        withdraw,
      ]
    case 'disputed':
      return takeover.finishedAt ? [] : [withdraw]
    case 'finished':
      if (takeover.company) {
        const href = `/domains/${takeover.domain}`
        return [{ act: 'domain', method: 'GET', href, title: t('takeovers.taking.finished.go') }]
      }
      return [{ act: 'account', method: 'GET', href: '/account', title: t('signup.finished.go') }]
    default:
      return takeover.kind === 'recovery'
        ? [{ act: 'case', method: 'GET', href: '/cases', title: t('cases.start.title') }]
        : [{ act: 'start', method: 'GET', href: '/takeovers', title: t('takeovers.start.title') }]
  }
}

/** A claim as programs get it (work accounts on the wire, §1.5). A member sees no record. */
export function takeoverView(visit: Visit, read: Reading) {
  const { as, takeover } = read
  const { id, state, kind, domain, address, endsAt, proof, check, people, undoUntil, refusal, challenge, company } =
    takeover
  const isProving = state === 'prove-dns' || state === 'waiting' || state === 'ready'
  return {
    ...{ id, state, kind, domain, address },
    expiresAt: endsAt.toISOString(),
    ...(as === 'claimant' &&
      isProving && {
        record: recordView(proof),
        check: check && checkView(visit, check),
      }),
    ...(company !== null && { company }),
    ...(people !== null && { people }),
    ...(state === 'waiting' && { waitUntil: endsAt.toISOString() }),
    ...(undoUntil && { undoUntil: undoUntil.toISOString() }),
    ...(refusal && { refusal }),
    ...(state === 'prove-mailbox' && { challenge: challenge ? mailboxChallengeView(challenge) : null }),
    acts: actsOf(visit, read),
  }
}
