import { useQuery } from '@tanstack/react-query'
import { useNavigate, useParams, useSearch } from '@tanstack/react-router'
import { api } from '../../api/client.ts'
import { allowedActions } from '../../api/queries.ts'
import { ObjectList } from '../../parts/ObjectList.tsx'
import { type Kind, referenceTo } from '../../parts/objectQueries.ts'
import { Panel } from '../../parts/Panel.tsx'
import { roles } from '../../parts/roleQueries.ts'
import { i18n, t } from '../../words.ts'

const kinds: readonly Kind[] = ['user', 'group', 'servicePrincipal']

/** One role: who holds it, and what it opens. */
export function RolePanel() {
  const { role: id } = useParams({ from: '/roles/$role' })
  const search = useSearch({ from: '/roles' })
  const navigate = useNavigate()
  const { data, error, refetch } = useQuery(roles)
  const { data: allowed } = useQuery(allowedActions)
  const role = data?.find(one => one.id === id)
  const close = async () => {
    await navigate({ to: '/roles', search })
    document.getElementById(`role-${id}`)?.focus()
  }
  const mayAssign = allowed?.value.includes('roles.assign') ?? false
  const mayTake = allowed?.value.includes('roles.unassign') ?? false
  const path = { params: { path: { id } } }
  return (
    <Panel
      label={t('admin.roles.panel')}
      heading={role?.displayName ?? (data && t('admin.roles.gone'))}
      error={error}
      again={() => void refetch()}
      close={() => void close()}
    >
      {role && (
        <>
          {allowed && !mayAssign && <p className="calm">{t('admin.roles.whoAssigns')}</p>}
          <ObjectList
            title={t('admin.roles.who.title')}
            none={t('admin.roles.who.none')}
            listKey={['roles', id, 'members']}
            read={query => api.GET('/directoryRoles/{id}/members', { params: { path: { id }, query } })}
            kinds={kinds}
            add={
              mayAssign
                ? object => api.POST('/directoryRoles/{id}/members/$ref', { ...path, body: referenceTo(object) })
                : undefined
            }
            remove={
              mayTake
                ? object =>
                    api.DELETE('/directoryRoles/{id}/members/{object}/$ref', { params: { path: { id, object } } })
                : undefined
            }
            adds={t('admin.roles.who.adds')}
            removes={name => t('admin.roles.who.removes', { name })}
          />
          <section>
            <h3>{t('admin.roles.may')}</h3>
            {role.actions.length === 0 && <p className="calm">{t('admin.roles.opensNothing')}</p>}
            <ul className="plain">
              {role.actions.map(action => (
                <li key={action}>{sentenceOfAction(action)}</li>
              ))}
            </ul>
          </section>
        </>
      )}
    </Panel>
  )
}

/** An action that this version has no words for is shown by its name, and is not hidden. */
function sentenceOfAction(action: string): string {
  const key = `admin.roles.actions.${action.replaceAll('.', '_')}`
  return i18n.exists(key) ? t(key as 'admin.roles.actions.users_create') : action
}
