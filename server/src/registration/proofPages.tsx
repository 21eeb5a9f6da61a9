import type { ReactNode } from 'react'
import { AgainForm, challengePage, overPage, ProofFields, ProofLead, waysBy } from '../challenges/challengePages.tsx'
import type { ChallengeView } from '../challenges/wire.ts'
import { formErrors, ownAddress, type PageContent, proofField, type SignedInVisit, typed } from '../http/index.ts'
import { type Challenge, channelsOf, hintOf, ownValue, type RecordedMethod } from '../methods/index.ts'
import {
  Actions,
  type BannerProps,
  Button,
  Checkbox,
  Choice,
  Choices,
  Form,
  Lead,
  PasskeyChoice,
  PasskeyWithout,
} from '../pages/index.ts'
import type { Refusal } from '../refusals.ts'
import { mayChange, type SecurityInfoSession } from './change.ts'
import { ownId } from './review.ts'
import { stepsBy } from './secondStep.ts'
import { guardsStep, mustProve, provable } from './state.ts'

/** The open challenge of a session, or the last one where it has expired. `path`: the page's own address, with its query. */
interface Asked {
  own: SecurityInfoSession
  open?: Challenge | undefined
  over?: Challenge | undefined
  view?: ChallengeView | undefined
  path: string
}

/** What the pages of a proof differ in. */
interface ProofFace {
  title: string
  lead: string
  ways: readonly RecordedMethod[]
  /** How a method is told from others: by its value, or by a hint of it. */
  shown(method: RecordedMethod): ReactNode
  /** Below the field of the code, and the press of a passkey. */
  more?: ReactNode
  /** The way out. */
  leave: ReactNode
  /** The page where no method is left. */
  none(): Pick<PageContent, 'notice' | 'children'>
}

/** "First, prove that it is you": before security info is changed. */
export function proofPage(visit: SignedInVisit, asked: Asked, problem?: Refusal): PageContent {
  const { t } = visit.locale
  const back = (
    <Button kind="link" href="/account">
      {t('account.back')}
    </Button>
  )
  return pageOf(
    visit,
    asked,
    {
      title: t('registration.proof.title'),
      lead: t(guardsStep(asked.own.info) ? 'registration.proof.afterReset' : 'registration.proof.lead'),
      // A session that was asked though it may change the rest lacks a second step.
      ways: mayChange(asked.own, visit.act) ? stepsBy(asked.own.info) : provable(asked.own.info),
      shown: method => ownValue(visit.act, method),
      leave: <Actions>{back}</Actions>,
      none: () =>
        mustProve(asked.own.info)
          ? {
              notice: noWayLeft(visit, asked.own.info.recorded),
              children: (
                <Actions>
                  <Button href="/account">{t('account.back')}</Button>
                </Actions>
              ),
            }
          : {
              // Nothing is registered yet: the password, typed again, makes this session a fresh one.
              children: (
                <>
                  <Lead>{t('signin.ended')}</Lead>
                  <Actions>
                    <Button href="/signin?next=/security-info">{t('signin.submit')}</Button>
                  </Actions>
                </>
              ),
            },
    },
    problem,
  )
}

/** Why no method is left: their owner reported them, or the recovery codes are used up. */
const noWayLeft = ({ locale: { t } }: SignedInVisit, methods: readonly RecordedMethod[]): BannerProps => ({
  tone: 'warning',
  children: methods.some(({ blockedAt }) => blockedAt)
    ? t('registration.proof.blocked')
    : t('registration.proof.usedUp'),
})

/** The second step of a sign-in. A password alone came here, so numbers and addresses are hinted at. */
export function secondStepPage(visit: SignedInVisit, asked: Asked, problem?: Refusal): PageContent {
  const { t } = visit.locale
  const { session, info } = asked.own
  const days = info.signIn.secondStepRememberDays
  const leave = (
    <Form action="/signout">
      <Actions>
        <Button kind="link">{t('registration.step.leave')}</Button>
      </Actions>
    </Form>
  )
  return pageOf(
    visit,
    asked,
    {
      title: t('registration.step.title'),
      lead: t('registration.step.lead'),
      ways: info.step.methods,
      shown: method => hintOf(visit.act, method),
      more: session.requires === 'second-step' && days > 0 && (
        <Checkbox
          name="rememberBrowser"
          label={t('registration.step.remember', { count: days })}
          hint={t('registration.step.rememberHint')}
          checked={typed(visit, 'rememberBrowser') === 'true'}
        />
      ),
      leave,
      none: () => ({
        notice: noWayLeft(visit, info.step.ways),
        children: leave,
      }),
    },
    problem,
  )
}

function pageOf(visit: SignedInVisit, asked: Asked, face: ProofFace, problem: Refusal | undefined): PageContent {
  const { own, path, open, view } = asked
  const { title, lead, ways } = face
  const { locale } = visit
  const { t } = locale
  const errors = formErrors(visit, problem, field => proofField(field, view))
  const query = path.slice(path.indexOf('?'))
  const common = { title, problem, errors }
  const other = (
    <Button kind="link" href={`${path}&way=other`}>
      {t('reset.code.other')}
    </Button>
  )
  const last = open ?? asked.over
  const again = last?.channel &&
    ways.some(({ id }) => id === last.methodId) && {
      action: `/session/challenges${query}`,
      fields: {
        method: ownId(visit.act, own.session, last.methodId ?? ''),
        ...(last.kind === 'mobilePhone' && { channel: last.channel }),
      },
      label: t('reset.code.again'),
    }
  // A passkey is one press, which stands among the ways.
  if (open && view && open.kind !== 'passkey' && visit.query.way !== 'other')
    return challengePage(visit, open, {
      ...common,
      path,
      delivery: open.delivery,
      lead: <ProofLead locale={locale} open={open} view={view} />,
      proofs: `/session/proofs${query}`,
      fields: (
        <>
          <ProofFields locale={locale} view={view} errors={errors} />
          {face.more}
        </>
      ),
      verify: t('reset.code.verify'),
      beside: other,
      again: again && <AgainForm {...again} second />,
    })
  if (again && visit.query.way !== 'other')
    return overPage(visit, {
      ...{ problem, errors, delivery: asked.over?.delivery },
      again: <AgainForm {...again}>{other}</AgainForm>,
    })
  if (ways.length === 0) return { ...common, ...face.none() }
  const passkey = ways.find(({ kind }) => kind === 'passkey')
  return {
    ...common,
    notice: visit.query.noscript === undefined ? undefined : { tone: 'warning', children: t('passkey.without') },
    scripts: passkey ? ['passkey'] : [],
    children: (
      <>
        <Lead>{lead}</Lead>
        <Choices label={t('reset.verify.legend')}>
          {passkey && (
            <PasskeyChoice
              locale={locale}
              purpose="use"
              label={t('reset.verify.passkey')}
              hint={t('reset.verify.passkeyHint')}
              action={`/session/challenges${query}`}
              fields={{ method: ownId(visit.act, own.session, passkey.id) }}
              proofs={`/session/proofs${query}`}
              more={face.more}
            />
          )}
          {ways.flatMap(method => choicesOf(visit, own, method, face.shown(method)))}
        </Choices>
        {passkey && <PasskeyWithout locale={locale} />}
        {face.leave}
      </>
    ),
  }
}

/** Each way is a small form of its own, because a phone has two. */
function choicesOf(
  visit: SignedInVisit,
  { session, info }: SecurityInfoSession,
  method: RecordedMethod,
  hint: ReactNode,
) {
  const id = ownId(visit.act, session, method.id)
  const channels = channelsOf(method.kind, info.policy.methodsOn)
  return waysBy(visit.locale, method.kind, channels).map(({ channel, label, icon }) => (
    <Choice
      key={`${id} ${channel}`}
      label={label}
      hint={hint}
      icon={icon}
      action={ownAddress({ ...visit, path: '/session/challenges' })}
      fields={{ method: id, ...(channel && { channel }) }}
    />
  ))
}
