import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { api } from '../../api/client.ts'
import { allowedActions } from '../../api/queries.ts'
import { Loading } from '../../parts/Loading.tsx'
import { ObjectList } from '../../parts/ObjectList.tsx'
import { referenceTo } from '../../parts/objectQueries.ts'
import { belongings } from '../../parts/personQueries.ts'
import { Refused } from '../../parts/Refused.tsx'
import { t } from '../../words.ts'
import type { User } from './PersonActs.tsx'

/** The roles and groups of a person: those that one can change here, and those that come through groups. */
export function Belongings({ user }: { user: User }) {
  const id = user.id!
  const person = user.displayName ?? ''
  const { data, error, refetch } = useQuery(belongings(id))
  const { data: allowed } = useQuery(allowedActions)
  const mayWrite = allowed?.byRole.includes('groups.write') ?? false
  return (
    <>
      <section>
        <h3>{t('admin.people.roles.title')}</h3>
        {!data && (error ? <Refused error={error} again={() => void refetch()} /> : <Loading rows={2} />)}
        {data?.roles.length === 0 && <p className="calm">{t('admin.people.roles.none')}</p>}
        <ul className="plain">
          {data?.roles.map(role => (
            <li key={role.id}>
              <Link to="/roles/$role" params={{ role: role.id }}>
                {role.displayName}
              </Link>
            </li>
          ))}
        </ul>
        {allowed?.byRole.includes('roles.assign') && (
          <p className="calm">
            <Link to="/roles">{t('admin.people.roles.give')}</Link>
          </p>
        )}
      </section>
      <ObjectList
        title={t('admin.people.groups.title')}
        none={t('admin.people.groups.none')}
        listKey={['people', id, 'groups']}
        read={query => api.GET('/users/{id}/memberOf/microsoft.graph.group', { params: { path: { id }, query } })}
        kinds={['group']}
        add={
          mayWrite
            ? group => api.POST('/groups/{id}/members/$ref', { params: { path: { id: group } }, body: referenceTo(id) })
            : undefined
        }
        remove={
          mayWrite
            ? group => api.DELETE('/groups/{id}/members/{object}/$ref', { params: { path: { id: group, object: id } } })
            : undefined
        }
        adds={t('admin.people.groups.adds', { person })}
        removes={group => t('admin.groups.members.removes', { person, group })}
      />
    </>
  )
}
