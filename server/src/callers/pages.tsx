import type { PageContent, Visit } from '../http/index.ts'
import { Actions, Banner, Button, Choice, Choices, Form, Lead, Sentence } from '../pages/index.ts'
import type { Refusal } from '../refusals.ts'
import type { Given, OpenedCheck } from './checks.ts'

const REFRESH_SECONDS = 5

/** Asks which words the help desk reads; then shows what it gives. */
export function checkPage(
  visit: Visit,
  { check, user, given }: OpenedCheck,
  organization: string,
  problem?: Refusal,
): PageContent {
  const { t } = visit.locale
  const { state } = check
  if (state === 'pending')
    return {
      title: t('callers.pending.title'),
      problem,
      children: (
        <>
          <Lead>
            <Sentence say={name => t('callers.pending.lead', { organization, username: name })}>
              <bdi>{user.userPrincipalName}</bdi>
            </Sentence>
          </Lead>
          <Choices label={t('callers.pending.which')}>
            {check.choices.map(words => (
              <Choice key={words} icon="phoneCall" label={words} action={visit.path} fields={{ words }} />
            ))}
          </Choices>
          <p>{t('callers.pending.then')}</p>
          <Form action={`${visit.path}/denial`}>
            <Actions>
              <Button kind="secondary">{t('callers.pending.deny')}</Button>
            </Actions>
          </Form>
        </>
      ),
    }
  return {
    title: t(`callers.${state}.title`),
    problem,
    outcome: state === 'approved' ? 'success' : 'info',
    ...(state === 'approved' && !given && { refreshAfterSeconds: REFRESH_SECONDS }),
    children: <>{given ? <GivenBox visit={visit} given={given} /> : <Lead>{t(`callers.${state}.lead`)}</Lead>}</>,
  }
}

/** What the help desk gave. It stands here alone: the agent does not see it. */
function GivenBox({ visit, given: { kind, value, until } }: { visit: Visit; given: Given }) {
  const { t, dateTime } = visit.locale
  return (
    <>
      <Banner tone="success">{t(`callers.given.${kind}`)}</Banner>
      <p className="sheet">
        <code dir="ltr" translate="no">
          {value}
        </code>
      </p>
      <p className="hint">
        <Sentence say={when => t('callers.given.until', { when })}>
          <time dateTime={until.toISOString()}>{dateTime(until)}</time>
        </Sentence>
      </p>
      <Actions>
        <Button href="/signin">{t('callers.given.signIn')}</Button>
      </Actions>
    </>
  )
}
