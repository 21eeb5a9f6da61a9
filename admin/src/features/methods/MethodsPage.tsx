import { Button, useRestoreFocusTarget } from '@fluentui/react-components'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { allowedActions } from '../../api/queries.ts'
import { groupsNamed } from '../../parts/groupQueries.ts'
import { Loading } from '../../parts/Loading.tsx'
import { policies } from '../../parts/policyQueries.ts'
import { Refused } from '../../parts/Refused.tsx'
import { list, t } from '../../words.ts'
import { EditMethod } from './EditMethod.tsx'
import { type Configuration, type MethodName, methods } from './queries.ts'

/** Which methods can be registered and used at all, and by whom. */
export function MethodsPage() {
  const opens = useRestoreFocusTarget()
  const { data, error, refetch } = useQuery(methods)
  const { data: allowed } = useQuery(allowedActions)
  const [edited, setEdited] = useState<MethodName>()
  const mayWrite = allowed?.value.includes('methodsPolicy.write') ?? false
  return (
    <div className="page">
      <div className="head">
        <div>
          <h1 tabIndex={-1}>{t('admin.methods.title')}</h1>
          <p>{t('admin.methods.lead')}</p>
          {allowed && !mayWrite && <p className="calm">{t('admin.policies.readOnly')}</p>}
        </div>
      </div>
      {!data && (error ? <Refused error={error} again={() => void refetch()} /> : <Loading rows={6} />)}
      {data && (
        <section className="card" aria-label={t('admin.methods.title')}>
          <ul className="rows steps">
            {data.map(({ name, configuration, neededBy }) => (
              <li key={name}>
                <div className="grows">
                  <b>{t(`admin.methods.names.${name}`)}</b>
                  <p>{t(`admin.methods.details.${name}`)}</p>
                  <ForWhom {...configuration} />
                  {neededBy.length > 0 && <NeededBy ids={neededBy} />}
                </div>
                <span className={configuration.isOn ? 'tag tag-good' : 'tag'}>
                  {t(configuration.isOn ? 'admin.methods.on' : 'admin.methods.off')}
                </span>
                {mayWrite && (
                  <Button
                    {...opens}
                    size="small"
                    aria-label={t('admin.methods.edit.openOf', { method: t(`admin.methods.names.${name}`) })}
                    onClick={() => setEdited(name)}
                  >
                    {t('admin.methods.edit.open')}
                  </Button>
                )}
              </li>
            ))}
          </ul>
        </section>
      )}
      {edited && <EditMethod name={edited} close={() => setEdited(undefined)} />}
    </div>
  )
}

/** Which policies would be left too few methods without it. */
function NeededBy({ ids }: { ids: readonly string[] }) {
  const { data: all } = useQuery(policies)
  if (!all) return null
  const names = all
    .filter(({ id }) => ids.includes(id!))
    .map(({ isDefault, displayName }) => (isDefault ? t('admin.policies.everyone') : displayName!))
  if (ids.includes('signInPolicy')) names.push(t('admin.policies.signIn.title'))
  return <p>{t('admin.methods.neededBy', { policies: list(names) })}</p>
}

function ForWhom({ isOn, isForEverybody, groups, without }: Configuration) {
  const { data: named = [] } = useQuery(groupsNamed([...groups, ...without].toSorted()))
  const namesOf = (ids: readonly string[]) => list(ids.map(id => named.find(one => one.id === id)?.displayName ?? '…'))
  if (!isOn) return null
  return (
    <p>
      {[
        isForEverybody ? t('admin.methods.everybody') : t('admin.methods.groups', { groups: namesOf(groups) }),
        without.length > 0 && t('admin.methods.without', { groups: namesOf(without) }),
      ]
        .filter(Boolean)
        .join(' · ')}
    </p>
  )
}
