import { AgainForm, challengePage, overPage, ProofFields, ProofLead, waysBy } from '../challenges/challengePages.tsx'
import type { ChallengeView } from '../challenges/wire.ts'
import { ownAddress, type PageContent, typed, type Visit } from '../http/index.ts'
import { type Challenge, countryChoice } from '../methods/index.ts'
import type { Channel } from '../notifications/index.ts'
import {
  Actions,
  Button,
  Choice,
  Choices,
  Form,
  Identity,
  Lead,
  Masked,
  PasskeyChoice,
  PasskeyWithout,
  PhoneField,
} from '../pages/index.ts'
import { acceptedRegion } from '../words/index.ts'
import type { Journey, JourneyIn } from './journey.ts'
import { Help, noticeOf, passkeyIn, pathOf, type Scene, stepsOf, TimeLimit, type View } from './scenePages.tsx'

/**
 * `?way=other` shows the methods again. `?way=<method>.<channel>` asks for the number of a phone. Otherwise the open
 * challenge goes on; a passkey's among the methods.
 */
export function verifyPage(scene: Scene & { journey: JourneyIn<'verify'> }): PageContent {
  const { visit, journey, view } = scene
  const [id = '', channel = ''] = (visit.query.way ?? '').split('.')
  const phone = view.methods.find(method => method.kind === 'mobilePhone' && method.id === id)
  if (phone) return phonePage(scene, phone, channel)
  if (id === 'other') return waysPage(scene)
  const { open, over } = journey
  if (open?.kind === 'passkey') return waysPage(scene)
  if (open && view.challenge) return openPage(scene, open, view.challenge)
  const again = view.methods.find(method => method.kind === over?.kind)
  return over?.channel && again ? againPage(scene, again, { ...over, channel: over.channel }) : waysPage(scene)
}

function waysPage({ visit, journey, view, problem, errors }: Scene): PageContent {
  const { t } = visit.locale
  const passkey = view.methods.find(({ kind }) => kind === 'passkey')
  return {
    title: t('reset.verify.title'),
    problem,
    errors,
    notice: noticeOf(visit),
    steps: stepsOf(visit, view),
    scripts: passkey ? ['passkey'] : [],
    children: (
      <>
        <Identity name={journey.typedName} />
        <Lead>{view.gates.passed > 0 ? t('reset.verify.second') : t('reset.verify.lead')}</Lead>
        {view.gates.passed === 0 && <TimeLimit visit={visit} />}
        <Choices label={t('reset.verify.legend')}>
          {passkey && <PasskeyChoice {...passkeyIn(visit, journey, passkey)} />}
          {view.methods.flatMap(method =>
            waysOf(visit, journey, method).map(({ key, ...way }) => <Choice key={key} {...way} />),
          )}
        </Choices>
        {passkey && <PasskeyWithout locale={visit.locale} />}
        <Actions>
          <Help visit={visit} journey={journey} />
        </Actions>
      </>
    ),
  }
}

function waysOf(visit: Visit, journey: Journey, method: View['methods'][number]) {
  const action = ownAddress({ ...visit, path: `${pathOf(journey)}/challenges` })
  return waysBy(visit.locale, method.kind, method.channels).map(({ channel, ...way }) => ({
    key: `${method.id} ${channel}`,
    ...way,
    hint: hintOf(visit, journey, method),
    ...(channel
      ? { href: `${pathOf(journey)}?way=${method.id}.${channel}` }
      : { action, fields: { method: method.id } }),
  }))
}

/** The masked destination of a code. */
function hintOf({ locale }: Visit, { concealed }: Journey, { kind, hint }: View['methods'][number]) {
  const { t } = locale
  if (kind === 'securityQuestions') return concealed ? t('reset.verify.concealed') : t('reset.verify.questionsHint')
  if (kind === 'authenticatorCode') return concealed ? t('reset.verify.concealed') : t('reset.verify.authenticatorHint')
  if (kind === 'recoveryCode') return concealed ? t('reset.verify.concealed') : t('reset.verify.recoveryHint')
  if (hint === undefined) return t('reset.verify.concealed')
  const key = kind === 'email' ? 'emailHint' : 'phoneHint'
  return <Masked locale={locale} hint={hint} say={shown => t(`reset.verify.${key}`, { hint: shown })} />
}

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
              region: acceptedRegion(visit.languages),
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

function openPage(scene: Scene, open: Challenge, challenge: ChallengeView): PageContent {
  const { visit, journey, view, problem, errors } = scene
  const { locale } = visit
  const { t } = locale
  const help = <Help visit={visit} journey={journey} />
  const again = view.methods.find(method => method.kind === open.kind)
  return {
    ...challengePage(visit, open, {
      title: challenge.questions ? t('reset.questions.title') : t('reset.code.title'),
      problem,
      errors,
      path: pathOf(journey),
      delivery: challenge.delivery,
      lead: <ProofLead locale={locale} open={open} view={challenge} concealed={journey.concealed} />,
      proofs: `${pathOf(journey)}/proofs`,
      fields: <ProofFields locale={locale} view={challenge} errors={errors} />,
      verify: challenge.questions ? t('reset.questions.verify') : t('reset.code.verify'),
      beside: (
        <>
          <OtherWay visit={visit} journey={journey} />
          {challenge.questions && help}
        </>
      ),
      again: open.channel && again && (
        <AgainForm {...againBy(visit, journey, again, open.channel)} second>
          {help}
        </AgainForm>
      ),
    }),
    steps: stepsOf(visit, view),
  }
}

/** After the expiry of a code: another one to the same destination, without typing again. */
function againPage(
  { visit, journey, view, problem, errors }: Scene,
  method: View['methods'][number],
  over: Challenge & { channel: Channel },
): PageContent {
  const again = (
    <AgainForm {...againBy(visit, journey, method, over.channel)}>
      <OtherWay visit={visit} journey={journey} />
    </AgainForm>
  )
  const delivery = journey.concealed ? undefined : over.delivery
  return { ...overPage(visit, { problem, errors, delivery, again }), steps: stepsOf(visit, view) }
}

function OtherWay({ visit, journey }: { visit: Visit; journey: Journey }) {
  return (
    <Button kind="link" href={`${pathOf(journey)}?way=other`}>
      {visit.locale.t('reset.code.other')}
    </Button>
  )
}

/** The fields that ask for another code to the same destination. */
const againBy = (visit: Visit, journey: Journey, method: View['methods'][number], channel: Channel) => ({
  action: `${pathOf(journey)}/challenges`,
  fields: { method: method.id, ...(method.kind === 'mobilePhone' && { channel }) },
  label: visit.locale.t('reset.code.again'),
})
