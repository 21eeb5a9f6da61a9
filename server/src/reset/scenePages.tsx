import { SECOND } from '../clock.ts'
import type { Visit } from '../http/index.ts'
import { type BannerProps, Button, type FormError } from '../pages/index.ts'
import type { Refusal } from '../refusals.ts'
import type { Aftermath } from './finish.ts'
import { JOURNEY_LASTS, type Journey } from './journey.ts'
import type { journeyView } from './wire.ts'

export type View = ReturnType<typeof journeyView>

/** The data of each page of a journey. */
export interface Scene {
  visit: Visit
  journey: Journey
  view: View
  aftermath: Aftermath
  problem: Refusal | undefined
  errors: FormError[]
}

export const pathOf = (journey: Journey) => `/reset/${journey.id}`

/** The press of a passkey, with its words. */
export const passkeyIn = ({ locale }: Visit, journey: Journey, { id }: View['methods'][number]) => ({
  locale,
  purpose: 'use' as const,
  label: locale.t('reset.verify.passkey'),
  hint: journey.concealed ? locale.t('reset.verify.concealed') : locale.t('reset.verify.passkeyHint'),
  action: `${pathOf(journey)}/challenges`,
  fields: { method: id },
  proofs: `${pathOf(journey)}/proofs`,
})

/** Says that passkeys cannot be used where their script did not run. */
export const noticeOf = ({ query, locale }: Visit): BannerProps | undefined =>
  query.noscript === undefined ? undefined : { tone: 'warning', children: locale.t('passkey.without') }

/** The time limit, told at the beginning. */
export function TimeLimit({ visit: { locale } }: { visit: Visit }) {
  return <p className="hint">{locale.t('reset.start.time', { duration: locale.duration(JOURNEY_LASTS / SECOND) })}</p>
}

/** The help of every page, where the tenant has somebody to ask. */
export function Help({ visit, journey }: { visit: Visit; journey: Journey }) {
  if (!journey.canContactAdministrator) return null
  return (
    <Button kind="link" href={`${pathOf(journey)}/contact`}>
      {visit.locale.t('reset.contact.link')}
    </Button>
  )
}

/** The steps of the journey, and which one this is. */
export function stepsOf(visit: Visit, view: View) {
  const { t } = visit.locale
  const { required: count, passed } = view.gates
  const proofs =
    count === 1
      ? [t('reset.steps.only')]
      : Array.from({ length: count }, (_, gate) => t('reset.steps.one', { current: gate + 1, count }))
  return {
    current: passed + 1,
    labels: [...proofs, view.problem === 'unlock' ? t('reset.steps.unlock') : t('reset.steps.password')],
  }
}
