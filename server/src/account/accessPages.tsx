import type { PageContent, SignedInVisit } from '../http/index.ts'
import { Actions, Button, Lead, Panel } from '../pages/index.ts'
import { ASKED, type AskedRole, type OwnAccess } from './access.ts'

/** One's roles, and who is asked for more: by name, so that nobody has to know who administers the company. */
export function accessPage(visit: SignedInVisit, { roles, ask }: OwnAccess): PageContent {
  const { t } = visit.locale
  return {
    title: t('account.access.title'),
    width: 'wide',
    children: (
      <>
        <Panel title={t('account.access.own')}>
          {roles.length === 0 ? (
            <p>{t('account.access.none')}</p>
          ) : (
            <ul>
              {roles.map(role => {
                const asked = ASKED.find(one => one === role)
                // The other roles are named as programs name them.
                return asked ? (
                  <li key={role}>{nameRole(visit, asked)}</li>
                ) : (
                  <li key={role} lang="en">
                    {role}
                  </li>
                )
              })}
            </ul>
          )}
        </Panel>
        <Lead>{t(ask.length > 0 ? 'account.access.lead' : 'account.access.nobody')}</Lead>
        {ask.map(({ role, people }) => (
          <Panel key={role} title={nameRole(visit, role)} hint={t(`account.access.for.${role}`)}>
            <ul>
              {people.map(({ displayName, userPrincipalName, mail }) => (
                <li key={userPrincipalName}>
                  <bdi>{displayName}</bdi>
                  <br />
                  {mail === null ? <bdi>{userPrincipalName}</bdi> : <a href={`mailto:${mail}`}>{mail}</a>}
                </li>
              ))}
            </ul>
          </Panel>
        ))}
        <Actions>
          {ask.length === 0 && <Button href="/cases">{t('account.access.case')}</Button>}
          <Button kind="link" href="/account">
            {t('account.back')}
          </Button>
        </Actions>
      </>
    ),
  }
}

const nameRole = ({ locale: { t } }: SignedInVisit, role: AskedRole) => t(`account.access.role.${role}`)
