import type { PageContent } from '../http/index.ts'
import { Actions, Button, Day, Identity, Lead, Sentence } from '../pages/index.ts'
import { Help, type Scene } from './scenePages.tsx'

/** The last page of a journey: its result, and what still opens the account besides. */
export function finishedPage({ visit, journey, view, aftermath }: Scene): PageContent {
  const { t } = visit.locale
  const unlocked = view.problem === 'unlock'
  const onward = view.continue
  const application = onward?.application?.displayName
  return {
    title: unlocked ? t('reset.finished.unlockTitle') : t('reset.finished.resetTitle'),
    outcome: 'success',
    scripts: ['times'],
    children: (
      <>
        <Lead>{unlocked ? t('reset.finished.unlockLead') : t('reset.finished.resetLead')}</Lead>
        {aftermath.told && <p>{t('reset.finished.notice')}</p>}
        {aftermath.passkeys.length > 0 && (
          <>
            <p>{t('reset.finished.passkeys', { count: aftermath.passkeys.length })}</p>
            <ul>
              {aftermath.passkeys.map(({ name, createdAt }) => (
                <li key={createdAt.toISOString()}>
                  <bdi>{name ?? t('methods.kind.passkey')}</bdi>
                  {' · '}
                  <Sentence say={date => t('registration.passkey.createdAt', { date })}>
                    <Day locale={visit.locale} at={createdAt} />
                  </Sentence>
                </li>
              ))}
            </ul>
          </>
        )}
        <Actions>
          <Button href={onward?.next ?? `/signin?username=${encodeURIComponent(journey.typedName)}`}>
            {application ? t('signin.done.link', { application }) : t('reset.finished.signIn')}
          </Button>
          {aftermath.passkeys.length > 0 && (
            <Button kind="link" href="/security-info">
              {t('reset.finished.checkPasskeys')}
            </Button>
          )}
        </Actions>
      </>
    ),
  }
}

/** The time of the journey is over. */
export function expiredPage({ visit, journey }: Scene): PageContent {
  const { t } = visit.locale
  return {
    title: t('reset.expired.title'),
    outcome: 'info',
    children: (
      <>
        <p>{t('reset.expired.lead')}</p>
        <Actions>
          <Button href={`/reset?username=${encodeURIComponent(journey.typedName)}`}>{t('reset.expired.again')}</Button>
        </Actions>
      </>
    ),
  }
}

/** Something else has changed the account since the journey began. */
export function supersededPage({ visit, journey, aftermath }: Scene): PageContent {
  const { t } = visit.locale
  const name = `?username=${encodeURIComponent(journey.typedName)}`
  const { passwordChanged } = aftermath
  return {
    title: t('reset.superseded.title'),
    outcome: 'warning',
    children: (
      <>
        <Identity name={journey.typedName} />
        <p>
          {passwordChanged
            ? t('reset.superseded.changed')
            : t('reset.superseded.secured', { action: t('account.report.action') })}
        </p>
        <Actions>
          {passwordChanged && <Button href={`/signin${name}`}>{t('reset.superseded.signIn')}</Button>}
          <Button kind={passwordChanged ? 'link' : 'primary'} href={`/reset${name}`}>
            {t('reset.superseded.again')}
          </Button>
          <Help visit={visit} journey={journey} />
        </Actions>
      </>
    ),
  }
}
