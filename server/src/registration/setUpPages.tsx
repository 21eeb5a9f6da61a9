import { create } from 'qrcode'
import { AgainForm, challengePage, overPage } from '../challenges/challengePages.tsx'
import { challengeSeconds, type HeldChallenges } from '../challenges/index.ts'
import { formErrors, type PageContent, type SignedInVisit, typed } from '../http/index.ts'
import { type Challenge, channelsOf, countryChoice, otpauthUri, questionText } from '../methods/index.ts'
import {
  Actions,
  Button,
  CodeField,
  ErrorTemplate,
  Form,
  Lead,
  PasskeyWithout,
  PhoneField,
  QrCode,
  SelectField,
  TextField,
} from '../pages/index.ts'
import type { Refusal } from '../refusals.ts'
import { formatNumber } from '../typing/index.ts'
import { acceptedRegion } from '../words/index.ts'
import type { SecurityInfoSession } from './change.ts'
import { refuse } from './errors.ts'
import { MakePasskey } from './passkeyPages.tsx'
import { newCodesPage } from './recoveryPages.tsx'

/** "Set it up now": the page of one kind. Throws `not_found` for a kind that this person cannot set up. */
export function setUpPage(
  visit: SignedInVisit,
  { info }: SecurityInfoSession,
  kind: string,
  problem?: Refusal,
): PageContent {
  const entry = info.entries.find(one => one.kind === kind && one.editable)
  if (!entry) throw problem ?? refuse('not_found')
  const errors = formErrors(visit, problem, field =>
    field === 'phoneNumber' ? 'number' : field.replace(/^answers\.(\d+)\.(\w+)$/, '$2.$1'),
  )
  const { t } = visit.locale
  const errorOf = (field: string) => errors.find(error => error.field === field)?.text
  const back = (
    <Button kind="link" href="/security-info">
      {t('registration.code.back')}
    </Button>
  )
  switch (entry.kind) {
    case 'passkey':
      return {
        title: t('registration.passkey.title'),
        problem: problem?.code === 'challenge_expired' ? refuse('passkey_over') : problem,
        notice: visit.query.noscript === undefined ? undefined : { tone: 'warning', children: t('passkey.without') },
        scripts: ['passkey'],
        children: (
          <>
            <Lead>{t('methods.about.passkey')}</Lead>
            <MakePasskey locale={visit.locale} />
            <PasskeyWithout locale={visit.locale} />
            <Actions>{back}</Actions>
          </>
        ),
      }
    case 'mobilePhone':
      return {
        title: t('registration.phone.title'),
        problem,
        errors,
        children: (
          <>
            <Lead>{t('registration.phone.lead')}</Lead>
            <Form action="/security-info/challenges" hidden={{ kind }}>
              <PhoneField
                name="number"
                label={t('methods.number')}
                hint={t('methods.digitsOnly')}
                value={typed(visit, 'number')}
                error={errorOf('number')}
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
                {channelsOf(entry.kind, info.policy.methodsOn).map((channel, place) => (
                  <Button key={channel} kind={place === 0 ? 'primary' : 'secondary'} name="channel" value={channel}>
                    {t(channel === 'voice' ? 'registration.phone.call' : 'registration.phone.text')}
                  </Button>
                ))}
                {back}
              </Actions>
            </Form>
          </>
        ),
      }
    case 'email':
      return {
        title: t('registration.email.title'),
        problem,
        errors,
        children: (
          <>
            <Lead>{t('registration.email.lead')}</Lead>
            <Form action="/security-info/challenges" hidden={{ kind }}>
              <TextField
                name="address"
                label={t('registration.email.address')}
                value={typed(visit, 'address')}
                error={errorOf('address')}
                type="email"
                autoComplete="email"
                autoFocus
              />
              <Actions>
                <Button>{t('registration.email.send')}</Button>
                {back}
              </Actions>
            </Form>
          </>
        ),
      }
    case 'authenticatorCode':
      return {
        title: t('registration.app.title'),
        problem,
        errors,
        children: (
          <>
            <Lead>{t('methods.about.authenticatorCode')}</Lead>
            <Form action="/security-info/challenges" hidden={{ kind }}>
              <Actions>
                <Button>{t('registration.setUp')}</Button>
                {back}
              </Actions>
            </Form>
          </>
        ),
      }
    case 'recoveryCode':
      return newCodesPage(visit, info, problem)
    default: {
      const { questions, questionsToRegister: count } = info.policy.settings
      const options = questions.map(question => ({ value: question.id, label: questionText(visit.locale, question) }))
      return {
        title: t('registration.questions.title'),
        problem,
        errors,
        scripts: ['answers'],
        children: (
          <>
            <Lead>{t('registration.questions.lead', { count })}</Lead>
            <Form action="/security-info/methods" hidden={{ kind }}>
              <div
                className="form answers"
                data-missing={t('problems.field.missing.answer')}
                data-short={t('problems.answer_too_short.detail')}
                data-long={t('problems.answer_too_long.detail')}
                data-repeated={t('problems.answer_repeated.detail')}
                data-twice={t('problems.question_repeated.detail')}
              >
                <ErrorTemplate />
                {Array.from({ length: count }, (_, place) => (
                  <div key={options[place]?.value ?? place} className="form">
                    <SelectField
                      name={`question.${place}`}
                      label={t('registration.questions.question', { number: place + 1 })}
                      value={typed(visit, `question.${place}`) ?? options[place]?.value}
                      error={errorOf(`question.${place}`)}
                      options={options}
                    />
                    <TextField
                      name={`answer.${place}`}
                      label={t('registration.questions.answer', { number: place + 1 })}
                      hint={place === 0 ? t('registration.questions.hint') : undefined}
                      error={errorOf(`answer.${place}`)}
                    />
                  </div>
                ))}
              </div>
              <Actions>
                <Button>{t('registration.questions.save')}</Button>
                {back}
              </Actions>
            </Form>
          </>
        ),
      }
    }
  }
}

/** The page for the code of a new method. After its expiry it offers another, without typing again; without a challenge, the way back. */
export function codePage(
  visit: SignedInVisit,
  { session }: SecurityInfoSession,
  { open, over }: HeldChallenges,
  problem?: Refusal,
): PageContent {
  const { t, duration } = visit.locale
  const errors = formErrors(visit, problem)
  const last = open ?? over
  const back = (
    <Button kind="link" href={last ? `/security-info/set-up/${last.kind}` : '/security-info'}>
      {t('registration.code.back')}
    </Button>
  )
  const again = last?.channel && {
    action: '/security-info/challenges?again',
    fields: againFields(last),
    label: t('registration.code.again'),
  }
  if (!open && again)
    return overPage(visit, {
      ...{ problem, errors, delivery: over?.delivery },
      again: <AgainForm {...again}>{back}</AgainForm>,
    })
  if (!open) {
    return {
      title: t('problems.challenge_expired.title'),
      outcome: 'warning',
      children: (
        <>
          <p>{t('problems.challenge_expired.detail')}</p>
          <Actions>{back}</Actions>
        </>
      ),
    }
  }
  const app = open.kind === 'authenticatorCode'
  const destination = open.destination ?? ''
  const shown = open.kind === 'mobilePhone' ? formatNumber(destination) : destination
  return challengePage(visit, open, {
    title: app ? t('registration.app.title') : t('registration.code.title'),
    problem,
    errors,
    path: '/security-info/code',
    delivery: open.delivery,
    lead: app ? (
      <AppKey visit={visit} keyText={destination} username={session.user.userPrincipalName} />
    ) : (
      <Lead>
        {t(open.channel === 'voice' ? 'registration.code.voice' : 'registration.code.lead', { destination: shown })}
      </Lead>
    ),
    proofs: '/security-info/methods',
    fields: (
      <CodeField
        name="code"
        label={app ? t('registration.app.label') : t('registration.code.label')}
        hint={app ? t('reset.code.appHint') : t('registration.code.hint', { duration: duration(challengeSeconds) })}
        error={errors.find(error => error.field === 'code')?.text}
        autoFocus
      />
    ),
    verify: app ? t('registration.app.verify') : t('registration.code.verify'),
    beside: back,
    again: again && <AgainForm {...again} second />,
  })
}

function againFields({ kind, channel, destination }: Challenge): Record<string, string> {
  const to = destination ?? ''
  return kind === 'email' ? { kind, address: to } : { kind, phoneNumber: to, channel: channel ?? 'sms' }
}

function AppKey({ visit, keyText, username }: { visit: SignedInVisit; keyText: string; username: string }) {
  const { t } = visit.locale
  const uri = otpauthUri(keyText, visit.tenant?.displayName ?? 'Latchkey', username)
  const { modules } = create(uri, { errorCorrectionLevel: 'M' })
  return (
    <>
      <Lead>{t('registration.app.lead')}</Lead>
      <QrCode size={modules.size} modules={modules.data} label={t('registration.app.picture')} />
      <p>
        <a href={uri}>{t('registration.app.open')}</a>
      </p>
      <p>
        {t('registration.app.key')} <code translate="no">{keyText.match(/.{1,4}/g)?.join(' ')}</code>
      </p>
    </>
  )
}
