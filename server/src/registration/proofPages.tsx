import { challengeSeconds } from '../challenges/index.ts'
import { formErrors, ownAddress, type PageContent, proofField, type SignedInVisit } from '../http/index.ts'
import { type Challenge, ownValue, type RecordedMethod } from '../methods/index.ts'
import {
  Actions,
  Button,
  Choice,
  Choices,
  CodeField,
  Form,
  Lead,
  Masked,
  TextField,
  Undelivered,
  Waited,
} from '../pages/index.ts'
import type { Refusal } from '../refusals.ts'
import { mustProve, ownId, provable, type Standing } from './index.ts'
import type { sessionChallengeView } from './wire.ts'

type View = Awaited<ReturnType<typeof sessionChallengeView>>

/** "First, prove that it is you": before security info is changed. `asked`: the open challenge, or the last one where it has expired. */
export function proofPage(
  visit: SignedInVisit,
  standing: Standing,
  asked: { open?: Challenge | undefined; over?: Challenge | undefined; view?: View | undefined },
  path: string,
  problem?: Refusal,
): PageContent {
  const { t, duration } = visit.locale
  const errors = formErrors(visit, problem, field => proofField(field, asked.view?.questions))
  const query = path.slice(path.indexOf('?'))
  const common = { title: t('registration.proof.title'), problem, errors }
  const other = (
    <Button kind="link" href={`${path}&way=other`}>
      {t('reset.code.other')}
    </Button>
  )
  const ways = provable(standing.info)
  const last = asked.open ?? asked.over
  const again = (kind?: 'secondary') =>
    last?.channel &&
    ways.some(({ id }) => id === last.methodId) && (
      <Form
        action={`/session/challenges${query}`}
        hidden={{
          method: ownId(visit.means, standing.session, last.methodId ?? ''),
          ...(last.kind === 'mobilePhone' && { channel: last.channel }),
        }}
      >
        <Actions>
          <Button kind={kind}>{t('reset.code.again')}</Button>
          {kind === undefined && other}
        </Actions>
      </Form>
    )
  const { open, view } = asked
  if (open && view && visit.query.way !== 'other') {
    const { delivery, channel } = open
    const late =
      delivery === 'failed' || problem !== undefined || visit.means.now.getTime() - open.createdAt.getTime() > 10_000
    return {
      ...common,
      notice: delivery === 'failed' ? { tone: 'warning', children: t('reset.code.failed') } : undefined,
      scripts: delivery === 'pending' ? ['delivery'] : [],
      children: (
        <>
          {delivery === 'pending' && (
            <Undelivered ask={path} challenge={open.id}>
              {t('reset.code.failed')}
            </Undelivered>
          )}
          <Lead>
            {view.questions ? (
              t('reset.questions.lead')
            ) : (
              <Masked
                locale={visit.locale}
                hint={view.hint ?? ''}
                say={hint => t(`reset.code.${channel ?? 'authenticatorCode'}`, { hint })}
              />
            )}
          </Lead>
          <Form action={`/session/proofs${query}`} hidden={{ challenge: open.id }}>
            {view.questions?.map((question, place) => (
              <TextField
                key={question.id}
                name={`answers.${question.id}`}
                label={question.text}
                error={errors.find(error => error.field === `answers.${question.id}`)?.text}
                autoFocus={place === 0}
              />
            )) ?? (
              <CodeField
                name="code"
                label={t('reset.code.label')}
                hint={
                  open.kind === 'authenticatorCode'
                    ? t('reset.code.appHint')
                    : t('reset.code.hint', { duration: duration(challengeSeconds) })
                }
                error={errors.find(error => error.field === 'code')?.text}
                autoFocus
              />
            )}
            <Actions>
              <Button>{t('reset.code.verify')}</Button>
              {other}
            </Actions>
          </Form>
          {channel && (
            <Waited late={late}>
              <p>{t('reset.code.waited')}</p>
              {again('secondary')}
            </Waited>
          )}
        </>
      ),
    }
  }
  const anew = visit.query.way === 'other' ? false : again()
  if (anew)
    return {
      ...common,
      title: t('reset.code.overTitle'),
      children: (
        <>
          <Lead>{t('reset.code.over', { duration: duration(challengeSeconds) })}</Lead>
          {anew}
        </>
      ),
    }
  if (ways.length === 0 && mustProve(standing.info))
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
        <Choices label={t('reset.verify.legend')}>{ways.flatMap(way => waysOf(visit, standing, way))}</Choices>
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
function waysOf(visit: SignedInVisit, { session }: Standing, method: RecordedMethod) {
  const { t } = visit.locale
  const id = ownId(visit.means, session, method.id)
  const hint = ownValue(method)
  const way = (
    channel: string | undefined,
    label: string,
    icon: 'phone' | 'phoneCall' | 'officePhone' | 'mail' | 'questions' | 'app',
  ) => (
    <Choice
      key={`${id} ${channel}`}
      label={label}
      hint={hint}
      icon={icon}
      action={ownAddress({ ...visit, path: '/session/challenges' })}
      fields={{ method: id, ...(channel && { channel }) }}
    />
  )
  switch (method.kind) {
    case 'mobilePhone':
      return [way('sms', t('reset.verify.sms'), 'phone'), way('voice', t('reset.verify.voice'), 'phoneCall')]
    case 'officePhone':
      return [way(undefined, t('reset.verify.officePhone'), 'officePhone')]
    case 'email':
      return [way(undefined, t('reset.verify.email'), 'mail')]
    case 'securityQuestions':
      return [way(undefined, t('reset.verify.questions'), 'questions')]
    case 'authenticatorCode':
      return [way(undefined, t('reset.verify.authenticatorCode'), 'app')]
  }
}
