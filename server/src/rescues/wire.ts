import type { Visit } from '../http/index.ts'
import { mailboxChallengeView } from '../mailboxes/wire.ts'
import type { Reading } from './open.ts'
import type { Rescue } from './rescue.ts'

/** Whether somebody who is told can object, or undo it. What the operator has allowed nobody disputes again. */
export const objectionOf = ({ state, isAllowed }: Rescue): 'objection' | 'undo' | undefined => {
  if (isAllowed) return undefined
  if (state === 'settling') return 'undo'
  return state === 'cooling' || state === 'ready' ? 'objection' : undefined
}

/** What one can do next, as the page's buttons and a program's links. */
function actsOf({ locale: { t } }: Visit, read: Reading) {
  const { rescue } = read
  const path = `/rescues/${rescue.id}`
  const act = (name: string, href: string, title: string) => ({ act: name, method: 'POST', href, title })
  if (read.as === 'told') {
    const step = objectionOf(rescue)
    if (step === 'undo') return [act('undo', `${path}/undo`, t('rescues.told.undo'))]
    return step ? [act('object', `${path}/objection`, t('rescues.told.object'))] : []
  }
  const withdraw = act('withdraw', `${path}/withdrawal`, t('rescues.withdraw'))
  switch (rescue.state) {
    case 'asked':
    case 'taken':
    case 'cooling':
      return [withdraw]
    case 'ready':
      return [
        act('send', `${path}/challenges`, t('rescues.mailbox.send')),
        ...(read.challenge ? [act('prove', `${path}/proofs`, t('rescues.mailbox.verify'))] : []),
        ...(read.isProved ? [act('finish', `${path}/finish`, t('rescues.ready.go'))] : []),
        withdraw,
      ]
    case 'disputed':
      return rescue.finishedAt ? [] : [withdraw]
    case 'settling':
    case 'done':
      return [{ act: 'signIn', method: 'GET', href: '/signin', title: t('rescues.settling.go') }]
    default:
      return []
  }
}

/** A rescue as programs get it (partners on the wire, §4). Who asked reads the people from the cooling-off on. */
export function rescueView(visit: Visit, read: Reading) {
  const { rescue, one, as } = read
  const { id, state, act, provider, taker, approver, coolingUntil, readyUntil, undoUntil, refusal, reason } = rescue
  const people = approver ? [taker!.name, approver.name] : []
  return {
    ...{ id, state, act, provider: provider?.name ?? null, people, refusal },
    endsAt: rescue.endsAt.toISOString(),
    coolingUntil: coolingUntil?.toISOString() ?? null,
    readyUntil: readyUntil?.toISOString() ?? null,
    undoUntil: undoUntil?.toISOString() ?? null,
    target: rescue.target,
    ...(as === 'asker' && refusal === 'provider' && { reason }),
    ...(as === 'told' && { asker: one.address, case: one.number }),
    ...(as === 'asker' &&
      state === 'ready' && {
        challenge: read.challenge ? mailboxChallengeView(read.challenge) : null,
        isProved: read.isProved,
      }),
    acts: actsOf(visit, read),
  }
}
