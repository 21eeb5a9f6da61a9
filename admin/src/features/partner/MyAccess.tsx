import { useQuery } from '@tanstack/react-query'
import { i18n, list, t } from '../../words.ts'
import { access } from './queries.ts'

/** What one may do for the firm oneself, and whom to ask for more. */
export function MyAccess() {
  const { data } = useQuery(access)
  if (!data) return null
  const nameOf = (action: string) => {
    const key = `admin.partner.actions.${action.replace(/^partner\./, '').replaceAll('.', '_')}`
    return i18n.exists(key) ? t(key as 'admin.partner.actions.enroll') : action
  }
  const lacking = data.actions.filter(one => !one.allowed)
  return (
    <section className="card asked" aria-labelledby="access">
      <h2 id="access">{t('admin.partner.access.title')}</h2>
      <p>
        {data.roles.length > 0
          ? t('admin.partner.access.roles', { roles: list(data.roles) })
          : t('admin.partner.access.noRole')}
      </p>
      <div>
        <h3>{t('admin.partner.access.may')}</h3>
        <ul className="plain">
          {data.actions
            .filter(one => one.allowed)
            .map(({ action }) => (
              <li key={action}>{nameOf(action)}</li>
            ))}
        </ul>
      </div>
      {lacking.length > 0 && (
        <div>
          <h3>{t('admin.partner.access.mayNot')}</h3>
          <ul className="plain">
            {lacking.map(({ action, rolesThatMay }) => (
              <li key={action}>
                {t('admin.partner.access.takes', { act: nameOf(action), roles: list(rolesThatMay) })}
              </li>
            ))}
          </ul>
          <h3>{t('admin.partner.access.ask')}</h3>
          <ul className="rows">
            {data.ask.map(({ role, people }) => (
              <li key={role}>
                <div className="grows">
                  <b>{role}</b>
                  <p>
                    <bdi>{list(people.map(one => `${one.displayName} (${one.mail ?? one.userPrincipalName})`))}</bdi>
                  </p>
                </div>
              </li>
            ))}
          </ul>
        </div>
      )}
    </section>
  )
}
