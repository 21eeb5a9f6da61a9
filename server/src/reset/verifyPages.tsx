import { challengeSeconds } from '../challenges/index.ts'
import { ownAddress, type PageContent, typed, type Visit } from '../http/index.ts'
import { countryChoice } from '../methods/index.ts'
import type { Channel } from '../notifications/index.ts'
import {
  Actions,
  Button,
  Choice,
  Choices,
  CodeField,
  Form,
  type IconName,
  Identity,
  Lead,
  Masked,
  PhoneField,
  TextField,
  Undelivered,
  Waited,
} from '../pages/index.ts'
import type { Journey } from './index.ts'
import { Help, pathOf, type Scene, stepsOf, TimeLimit, type View } from './scenePages.tsx'

/** `?way=other` shows the ways again; `?way=<method>.<channel>` asks for the number of a phone; else the open challenge goes on. */
export function verifyPage(scene: Scene): PageContent {
  const { visit, journey, view } = scene
  const [id = '', channel = ''] = (visit.query.way ?? '').split('.')
  const phone = view.methods.find(method => method.kind === 'mobilePhone' && method.id === id)
  if (phone) return phonePage(scene, phone, channel)
  if (id === 'other') return waysPage(scene)
  if (view.challenge) return challengePage(scene, view.challenge)
  const { over } = journey.challenges
  const again = view.methods.find(method => method.kind === over?.kind)
  return over?.channel && again ? overPage(scene, again, over.channel) : waysPage(scene)
}

function waysPage({ visit, journey, view, problem, errors }: Scene): PageContent {
  const { t } = visit.locale
  return {
    title: t('reset.verify.title'),
    problem,
    errors,
    steps: stepsOf(visit, view),
    children: (
      <>
        <Identity name={journey.typedName} />
        <Lead>{view.gates.passed > 0 ? t('reset.verify.second') : t('reset.verify.lead')}</Lead>
        {view.gates.passed === 0 && <TimeLimit visit={visit} />}
        <Choices label={t('reset.verify.legend')}>
          {view.methods.flatMap(method =>
            waysOf(visit, journey, method).map(({ key, ...way }) => <Choice key={key} {...way} />),
          )}
        </Choices>
        <Actions>
          <Help visit={visit} journey={journey} />
        </Actions>
      </>
    ),
  }
}

function waysOf(visit: Visit, journey: Journey, method: View['methods'][number]) {
  const { t } = visit.locale
  const action = ownAddress({ ...visit, path: `${pathOf(journey)}/challenges` })
  const send = { key: method.id, action, fields: { method: method.id } }
  switch (method.kind) {
    case 'mobilePhone':
      return (['sms', 'voice'] as const).map(channel => ({
        key: `${method.id} ${channel}`,
        label: t(`reset.verify.${channel}`),
        hint: hintWords(visit, method, 'phoneHint'),
        icon: (channel === 'sms' ? 'phone' : 'phoneCall') as IconName,
        href: `${pathOf(journey)}?way=${method.id}.${channel}`,
      }))
    case 'officePhone':
      return [
        {
          ...send,
          label: t('reset.verify.officePhone'),
          hint: hintWords(visit, method, 'phoneHint'),
          icon: 'officePhone' as const,
        },
      ]
    case 'email':
      return [
        { ...send, label: t('reset.verify.email'), hint: hintWords(visit, method, 'emailHint'), icon: 'mail' as const },
      ]
    case 'securityQuestions':
      return [
        {
          ...send,
          label: t('reset.verify.questions'),
          hint: journey.concealed ? t('reset.verify.concealed') : t('reset.verify.questionsHint'),
          icon: 'questions' as const,
        },
      ]
    case 'authenticatorCode':
      return [
        {
          ...send,
          label: t('reset.verify.authenticatorCode'),
          hint: journey.concealed ? t('reset.verify.concealed') : t('reset.verify.authenticatorHint'),
          icon: 'app' as const,
        },
      ]
  }
}

/** Where a code would go, by what may be shown of it. */
const hintWords = ({ locale }: Visit, { hint }: { hint?: string }, key: 'phoneHint' | 'emailHint') =>
  hint === undefined ? (
    locale.t('reset.verify.concealed')
  ) : (
    <Masked locale={locale} hint={hint} say={shown => locale.t(`reset.verify.${key}`, { hint: shown })} />
  )

function phonePage(
  { visit, journey, view, problem, errors }: Scene,
  method: View['methods'][number],
  channel: string,
): PageContent {
  const { t } = visit.locale
  return {
    title: t('reset.phone.title'),
    problem,
    errors,
    steps: stepsOf(visit, view),
    children: (
      <>
        <Lead>
          {method.hint === undefined
            ? t('reset.phone.concealed')
            : t('reset.phone.lead', { hint: method.hint.replaceAll('•', '') })}
        </Lead>
        <Form
          action={`${pathOf(journey)}/challenges?way=${method.id}.${channel}`}
          hidden={{ method: method.id, channel: channel === 'voice' ? 'voice' : 'sms' }}
        >
          <PhoneField
            name="number"
            label={t('methods.number')}
            value={typed(visit, 'number')}
            error={errors.find(error => error.field === 'number')?.text}
            countryName="country"
            countryLabel={t('methods.country')}
            {...countryChoice(visit.locale, {
              chosen: typed(visit, 'country'),
              region: visit.region,
              company: visit.tenant?.country,
            })}
            autoFocus
          />
          <Actions>
            <Button>{channel === 'voice' ? t('reset.phone.call') : t('reset.phone.text')}</Button>
            <Button kind="link" href={`${pathOf(journey)}?way=other`}>
              {t('reset.phone.other')}
            </Button>
          </Actions>
        </Form>
      </>
    ),
  }
}

function challengePage(scene: Scene, challenge: NonNullable<View['challenge']>): PageContent {
  const { visit, journey, view, problem, errors } = scene
  const { t } = visit.locale
  const steps = stepsOf(visit, view)
  const hint = challenge.hint ?? ''
  const other = (
    <Button kind="link" href={`${pathOf(journey)}?way=other`}>
      {t('reset.code.other')}
    </Button>
  )
  if (challenge.questions) {
    return {
      title: t('reset.questions.title'),
      problem,
      errors,
      steps,
      children: (
        <>
          <Lead>{t('reset.questions.lead')}</Lead>
          <Form action={`${pathOf(journey)}/proofs`} hidden={{ challenge: challenge.id }}>
            {challenge.questions.map((question, place) => (
              <TextField
                key={question.id}
                name={`answers.${question.id}`}
                label={question.text}
                error={errors.find(error => error.field === `answers.${question.id}`)?.text}
                autoFocus={place === 0}
              />
            ))}
            <Actions>
              <Button>{t('reset.questions.verify')}</Button>
              {other}
              <Help visit={visit} journey={journey} />
            </Actions>
          </Form>
        </>
      ),
    }
  }
  const open = journey.challenges.open
  const channel = open?.channel ?? 'authenticatorCode'
  const failed = challenge.delivery === 'failed'
  const pending = challenge.delivery === 'pending'
  const again = open && view.methods.find(method => method.kind === open.kind)
  const late = failed || problem !== undefined || visit.means.now.getTime() - (open?.createdAt.getTime() ?? 0) > 10_000
  return {
    title: t('reset.code.title'),
    problem,
    errors,
    steps,
    notice: failed ? { tone: 'warning', children: t('reset.code.failed') } : undefined,
    scripts: pending ? ['delivery'] : [],
    children: (
      <>
        {pending && (
          <Undelivered ask={pathOf(journey)} challenge={challenge.id}>
            {t('reset.code.failed')}
          </Undelivered>
        )}
        <Lead>
          {journey.concealed ? (
            t(`reset.code.concealed_${channel}`)
          ) : (
            <Masked locale={visit.locale} hint={hint} say={shown => t(`reset.code.${channel}`, { hint: shown })} />
          )}
        </Lead>
        <Form action={`${pathOf(journey)}/proofs`} hidden={{ challenge: challenge.id }}>
          <CodeField
            name="code"
            label={t('reset.code.label')}
            hint={
              channel === 'authenticatorCode'
                ? t('reset.code.appHint')
                : t('reset.code.hint', { duration: visit.locale.duration(challengeSeconds) })
            }
            error={errors.find(error => error.field === 'code')?.text}
            autoFocus
          />
          <Actions>
            <Button>{t('reset.code.verify')}</Button>
            {other}
          </Actions>
        </Form>
        {channel !== 'authenticatorCode' && again && (
          <Waited late={late}>
            <p>{t('reset.code.waited')}</p>
            <Form action={`${pathOf(journey)}/challenges`} hidden={againBy(again, channel)}>
              <Actions>
                <Button kind="secondary">{t('reset.code.again')}</Button>
                <Help visit={visit} journey={journey} />
              </Actions>
            </Form>
          </Waited>
        )}
      </>
    ),
  }
}

/** After the time of a code: another one by the same way, without anything being typed again. */
function overPage(
  { visit, journey, view, problem, errors }: Scene,
  method: View['methods'][number],
  channel: Channel,
): PageContent {
  const { t, duration } = visit.locale
  return {
    title: t('reset.code.overTitle'),
    problem,
    errors,
    steps: stepsOf(visit, view),
    children: (
      <>
        <Lead>{t('reset.code.over', { duration: duration(challengeSeconds) })}</Lead>
        <Form action={`${pathOf(journey)}/challenges`} hidden={againBy(method, channel)}>
          <Actions>
            <Button>{t('reset.code.again')}</Button>
            <Button kind="link" href={`${pathOf(journey)}?way=other`}>
              {t('reset.code.other')}
            </Button>
          </Actions>
        </Form>
      </>
    ),
  }
}

/** What asks for another code by the same way. */
const againBy = (method: View['methods'][number], channel: Channel) => ({
  method: method.id,
  ...(method.kind === 'mobilePhone' && { channel }),
})
