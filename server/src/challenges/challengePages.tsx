import type { ReactNode } from 'react'
import { MINUTE, plus, SECOND } from '../clock.ts'
import type { PageContent, SignedInVisit, Visit } from '../http/index.ts'
import type { Challenge, RecordedMethod } from '../methods/index.ts'
import type { Channel } from '../notifications/index.ts'
import {
  Actions,
  type BannerProps,
  Button,
  CodeField,
  Form,
  type FormError,
  HelpLink,
  type IconName,
  Lead,
  Masked,
  RecoveryCodeField,
  TextField,
  Undelivered,
  Waited,
} from '../pages/index.ts'
import { FEW_CODES, type MethodKind } from '../policies/index.ts'
import type { Refusal } from '../refusals.ts'
import type { Locale } from '../words/index.ts'
import { challengeSeconds } from './held.ts'
import type { ChallengeView } from './wire.ts'

/** How long a message may take before its page offers another. */
const LATE = 10 * SECOND

/** What a journey puts on the page of its open challenge. */
export interface ChallengeFace {
  title: string
  problem: Refusal | undefined
  errors: readonly FormError[]
  /** The page's own address, which tells how the code fares. */
  path: string
  delivery: Challenge['delivery'] | undefined
  lead: ReactNode
  /** Where the proof is sent. */
  proofs: string
  fields: ReactNode
  verify: string
  /** The other ways out, beside the button. */
  beside: ReactNode
  /** The form for another code; none where no code is sent. */
  again: ReactNode
}

/** The page of a challenge that can be answered. */
export function challengePage(visit: Visit, open: Challenge, face: ChallengeFace): PageContent {
  const { t } = visit.locale
  const { title, problem, errors, path, delivery, lead, proofs, fields, verify, beside, again } = face
  const failed = delivery === 'failed'
  const pending = delivery === 'pending'
  const late = failed || problem !== undefined || visit.act.now > plus(open.createdAt, LATE)
  return {
    title,
    problem,
    errors,
    notice: failed ? { tone: 'warning', children: t('reset.code.failed') } : undefined,
    scripts: pending ? ['delivery'] : [],
    children: (
      <>
        {pending && (
          <Undelivered ask={path} challenge={open.id}>
            {t('reset.code.failed')}
          </Undelivered>
        )}
        {lead}
        <Form action={proofs} hidden={{ challenge: open.id }}>
          {fields}
          <Actions>
            <Button>{verify}</Button>
            {beside}
          </Actions>
        </Form>
        {again && (
          <Waited late={late}>
            <p>
              {t('reset.code.waited')}{' '}
              <HelpLink locale={visit.locale} to={problem ? 'wrong-code' : 'code-not-received'} />
            </p>
            {again}
          </Waited>
        )}
      </>
    ),
  }
}

/**
 * The page after the time of a code: it offers another by the same way, without anything to type again. It says so where
 * the code never arrived; a `concealed` journey has no `delivery` to tell.
 */
export function overPage(
  { locale: { t, duration } }: Visit,
  { problem, errors, delivery, again }: Pick<ChallengeFace, 'problem' | 'errors' | 'delivery' | 'again'>,
): PageContent {
  const failed = delivery === 'failed'
  return {
    title: failed ? t('reset.code.unsentTitle') : t('reset.code.overTitle'),
    problem,
    errors,
    children: (
      <>
        <Lead>{failed ? t('reset.code.unsent') : t('reset.code.over', { duration: duration(challengeSeconds) })}</Lead>
        {again}
      </>
    ),
  }
}

/** What the reader has to do: answer, or type the code that went by the challenge's channel. */
export function ProofLead({
  locale,
  open: { kind, channel },
  view,
  concealed = false,
}: {
  locale: Locale
  open: Challenge
  view: ChallengeView
  concealed?: boolean
}) {
  const { t } = locale
  const way = channel ?? (kind === 'recoveryCode' ? kind : 'authenticatorCode')
  if (view.questions) return <Lead>{t('reset.questions.lead')}</Lead>
  if (concealed) return <Lead>{t(`reset.code.concealed_${way}`)}</Lead>
  return (
    <Lead>
      <Masked locale={locale} hint={view.hint ?? ''} say={hint => t(`reset.code.${way}`, { hint })} />
    </Lead>
  )
}

/** The fields of a proof: an answer to each question, or a code. */
export function ProofFields({
  locale: { t, duration },
  view,
  errors,
}: {
  locale: Locale
  view: ChallengeView
  errors: readonly FormError[]
}) {
  const errorOf = (field: string) => errors.find(error => error.field === field)?.text
  if (view.questions)
    return view.questions.map((question, place) => (
      <TextField
        key={question.id}
        name={`answers.${question.id}`}
        label={question.text}
        error={errorOf(`answers.${question.id}`)}
        autoFocus={place === 0}
      />
    ))
  if (view.kind === 'recoveryCode')
    return (
      <RecoveryCodeField
        name="recoveryCode"
        label={t('reset.code.recoveryLabel')}
        hint={t('reset.code.recoveryCodeHint')}
        error={errorOf('recoveryCode')}
        autoFocus
      />
    )
  return (
    <CodeField
      name="code"
      label={t('reset.code.label')}
      hint={
        view.kind === 'authenticatorCode'
          ? t('reset.code.appHint')
          : t('reset.code.hint', { duration: duration(challengeSeconds) })
      }
      error={errorOf('code')}
      autoFocus
    />
  )
}

/** That a recovery code was used, and how many are left. */
export const usedCodeBanner = ({ t }: Locale, codesLeft: number): BannerProps => ({
  tone: codesLeft < FEW_CODES ? 'warning' : 'info',
  children:
    codesLeft === 0 ? t('registration.recovery.usedLast') : t('registration.recovery.used', { count: codesLeft }),
})

/** The same after a session was proved by one, for a minute: a page that is loaded later does not show it. */
export function usedCodeNotice(visit: SignedInVisit, recorded: readonly RecordedMethod[]): BannerProps | undefined {
  const { session, act, locale } = visit
  const isUsed = session.proofs.some(({ kind, at }) => kind === 'recoveryCode' && plus(at, MINUTE) >= act.now)
  const left = recorded.find(({ kind }) => kind === 'recoveryCode')?.codesLeft ?? null
  return isUsed && left !== null ? usedCodeBanner(locale, left) : undefined
}

/** The form for another code by the same way. Below a page that has a button already it is the second one. */
export function AgainForm({
  action,
  fields,
  label,
  second = false,
  children,
}: {
  action: string
  fields: Record<string, string>
  label: string
  second?: boolean
  children?: ReactNode
}) {
  return (
    <Form action={action} hidden={fields}>
      <Actions>
        <Button kind={second ? 'secondary' : undefined}>{label}</Button>
        {children}
      </Actions>
    </Form>
  )
}

/** The ways to give the proof of a method, by these channels: a phone has two. */
export function waysBy(
  { t }: Locale,
  kind: MethodKind,
  channels: readonly Channel[] = [],
): { channel?: 'sms' | 'voice'; label: string; icon: IconName }[] {
  switch (kind) {
    case 'mobilePhone':
      return [
        { channel: 'sms' as const, label: t('reset.verify.sms'), icon: 'phone' as const },
        { channel: 'voice' as const, label: t('reset.verify.voice'), icon: 'phoneCall' as const },
      ].filter(({ channel }) => channels.includes(channel))
    case 'officePhone':
      return [{ label: t('reset.verify.officePhone'), icon: 'officePhone' }]
    case 'email':
      return [{ label: t('reset.verify.email'), icon: 'mail' }]
    case 'securityQuestions':
      return [{ label: t('reset.verify.questions'), icon: 'questions' }]
    // One press asks the browser and hands its answer in, so that it is no form like these.
    case 'passkey':
      return []
    case 'authenticatorCode':
      return [{ label: t('reset.verify.authenticatorCode'), icon: 'app' }]
    case 'recoveryCode':
      return [{ label: t('reset.verify.recoveryCode'), icon: 'sheet' }]
  }
}
