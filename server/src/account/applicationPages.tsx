import { describeScope } from '../applications/index.ts'
import type { PageContent, SignedInVisit } from '../http/index.ts'
import { Actions, Button, Day, Form, Lead, Panel, Sentence, TitledList } from '../pages/index.ts'
import type { OwnApplication } from './applications.ts'

/** One's applications: what each may do, since when, and the way to take it back. */
export function applicationsPage(visit: SignedInVisit, applications: readonly OwnApplication[]): PageContent {
  const { t } = visit.locale
  return {
    title: t('account.applications.title'),
    width: 'wide',
    scripts: ['times'],
    notice:
      visit.query.removed === undefined ? undefined : { tone: 'success', children: t('account.applications.removed') },
    children: (
      <>
        <Lead>{t(applications.length > 0 ? 'account.applications.lead' : 'account.applications.none')}</Lead>
        {applications.map(application => (
          <ApplicationPanel key={application.id} visit={visit} application={application} />
        ))}
        <Actions>
          <Button kind="link" href="/account">
            {t('account.back')}
          </Button>
        </Actions>
      </>
    ),
  }
}

function ApplicationPanel({ visit, application }: { visit: SignedInVisit; application: OwnApplication }) {
  const { t } = visit.locale
  const { id, displayName, homePageUrl, consent, organizationConsent, scopes } = application
  const described = (names: readonly string[]) =>
    scopes.filter(({ name }) => names.includes(name)).map(scope => describeScope(t, scope))
  return (
    <Panel title={displayName}>
      {consent && (
        <>
          <p>
            <Sentence say={date => t('account.applications.agreed', { date })}>
              <Day locale={visit.locale} at={consent.since} />
            </Sentence>
          </p>
          <TitledList items={described(consent.scopes)} />
        </>
      )}
      {organizationConsent && (
        <>
          <p>
            <Sentence say={date => t('account.applications.organization', { date })}>
              <Day locale={visit.locale} at={organizationConsent.since} />
            </Sentence>
          </p>
          <TitledList items={described(organizationConsent.scopes)} />
        </>
      )}
      {!consent && !organizationConsent && <p>{t('account.applications.assigned')}</p>}
      <Form action={`/my-applications/${id}/removal`}>
        <Actions>
          {homePageUrl !== null && (
            <Button
              kind="secondary"
              href={homePageUrl}
              label={t('account.applications.openLabel', { application: displayName })}
            >
              {t('account.applications.open')}
            </Button>
          )}
          {(consent || organizationConsent) && (
            <Button
              kind="link"
              label={t(consent ? 'account.applications.removeLabel' : 'account.applications.endLabel', {
                application: displayName,
              })}
            >
              {t(consent ? 'account.applications.remove' : 'account.applications.end')}
            </Button>
          )}
        </Actions>
      </Form>
    </Panel>
  )
}
