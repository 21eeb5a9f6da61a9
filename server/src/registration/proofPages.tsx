import { AgainForm, challengePage, overPage, ProofFields, ProofLead, waysBy } from '../challenges/challengePages.tsx'
import type { ChallengeView } from '../challenges/wire.ts'
import { formErrors, ownAddress, type PageContent, proofField, type SignedInVisit } from '../http/index.ts'
import { type Challenge, ownValue, type RecordedMethod } from '../methods/index.ts'
import { Actions, Button, Choice, Choices, Lead } from '../pages/index.ts'
import type { Refusal } from '../refusals.ts'
import type { SecurityInfoSession } from './change.ts'
import { ownId } from './review.ts'
import { mustProve, provable } from './state.ts'

/** "First, prove that it is you": before security info is changed. `asked`: the open challenge, or the last one where it has expired. */
export function proofPage(
  visit: SignedInVisit,
  asked: {
    own: SecurityInfoSession
    open?: Challenge | undefined
    over?: Challenge | undefined
    view?: ChallengeView | undefined
    path: string
  },
  problem?: Refusal,
): PageContent {
  const { own, path } = asked
  const { locale } = visit
  const { t } = locale
  const errors = formErrors(visit, problem, field => proofField(field, asked.view?.questions))
  const query = path.slice(path.indexOf('?'))
  const common = { title: t('registration.proof.title'), problem, errors }
  const other = (
    <Button kind="link" href={`${path}&way=other`}>
      {t('reset.code.other')}
    </Button>
  )
  const ways = provable(own.info)
  const last = asked.open ?? asked.over
  const again = last?.channel &&
    ways.some(({ id }) => id === last.methodId) && {
      action: `/session/challenges${query}`,
      fields: {
        method: ownId(visit.act, own.session, last.methodId ?? ''),
        ...(last.kind === 'mobilePhone' && { channel: last.channel }),
      },
      label: t('reset.code.again'),
    }
  const { open, view } = asked
  if (open && view && visit.query.way !== 'other')
    return challengePage(visit, open, {
      ...common,
      path,
      delivery: open.delivery,
      lead: <ProofLead locale={locale} open={open} view={view} />,
      proofs: `/session/proofs${query}`,
      fields: <ProofFields locale={locale} view={view} errors={errors} />,
      verify: t('reset.code.verify'),
      beside: other,
      again: again && <AgainForm {...again} second />,
    })
  if (again && visit.query.way !== 'other')
    return overPage(visit, { problem, errors, again: <AgainForm {...again}>{other}</AgainForm> })
  if (ways.length === 0 && mustProve(own.info))
    return {
      ...common,
      notice: { tone: 'warning', children: t('registration.proof.blocked') },
      children: (
        <Actions>
          <Button href="/account">{t('account.back')}</Button>
        </Actions>
      ),
    }
  if (ways.length === 0) {
    // Nothing is registered yet: the password, typed again, makes this session a fresh one.
    return {
      ...common,
      children: (
        <>
          <Lead>{t('signin.ended')}</Lead>
          <Actions>
            <Button href="/signin?next=/security-info">{t('signin.submit')}</Button>
          </Actions>
        </>
      ),
    }
  }
  return {
    ...common,
    children: (
      <>
        <Lead>{t('registration.proof.lead')}</Lead>
        <Choices label={t('reset.verify.legend')}>{ways.flatMap(way => waysOf(visit, own, way))}</Choices>
        <Actions>
          <Button kind="link" href="/account">
            {t('account.back')}
          </Button>
        </Actions>
      </>
    ),
  }
}

/** Each way is a small form of its own, because a phone has two. */
function waysOf(visit: SignedInVisit, { session }: SecurityInfoSession, method: RecordedMethod) {
  const id = ownId(visit.act, session, method.id)
  return waysBy(visit.locale, method.kind).map(({ channel, label, icon }) => (
    <Choice
      key={`${id} ${channel}`}
      label={label}
      hint={ownValue(visit.act, method)}
      icon={icon}
      action={ownAddress({ ...visit, path: '/session/challenges' })}
      fields={{ method: id, ...(channel && { channel }) }}
    />
  ))
}
