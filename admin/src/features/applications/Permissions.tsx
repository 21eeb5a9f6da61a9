import { Button, useRestoreFocusTarget } from '@fluentui/react-components'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { AskFirst } from '../../parts/AskFirst.tsx'
import { Loading } from '../../parts/Loading.tsx'
import { Refused } from '../../parts/Refused.tsx'
import { list, t } from '../../words.ts'
import { ChoosePermissions } from './ChoosePermissions.tsx'
import { type Application, agree, permissionsOf } from './queries.ts'

interface Shown {
  found: Application
  mayWrite: boolean
  mayGrant: boolean
}

/** What an application asks for, and whether it was agreed to for everybody. */
export function Permissions({ found, mayWrite, mayGrant }: Shown) {
  const opens = useRestoreFocusTarget()
  const queries = useQueryClient()
  const { data, error, refetch } = useQuery(permissionsOf(found))
  const [isAsking, setAsking] = useState(false)
  const [isChoosing, setChoosing] = useState(false)
  const consent = useMutation({
    mutationFn: () => agree(data!),
    onSuccess: () => setAsking(false),
    // A part may have been agreed to before another was refused.
    onSettled: () => queries.invalidateQueries({ queryKey: ['applications', 'permissions'] }),
  })
  const missing = data?.permissions.filter(({ isGranted }) => !isGranted) ?? []
  return (
    <section>
      <div className="head-small">
        <h3>{t('admin.applications.permissions.title')}</h3>
        <div className="acts">
          {mayWrite && (
            <Button {...opens} size="small" onClick={() => setChoosing(true)}>
              {t('admin.applications.permissions.choose.open')}
            </Button>
          )}
          {mayGrant && missing.length > 0 && (
            <Button {...opens} size="small" onClick={() => setAsking(true)}>
              {t('admin.applications.permissions.agree')}
            </Button>
          )}
        </div>
      </div>
      {!data && (error ? <Refused error={error} again={() => void refetch()} /> : <Loading rows={2} />)}
      {data?.permissions.length === 0 && <p className="calm">{t('admin.applications.permissions.none')}</p>}
      <ul className="rows objects">
        {data?.permissions.map(({ id, value, type, isGranted }) => (
          <li key={id + type}>
            <span className="two-lines">
              <b>{value}</b>
              <small>{t(`admin.applications.permissions.${type}`)}</small>
            </span>
            <span className={isGranted ? 'tag tag-good' : 'tag'}>
              {t(isGranted ? 'admin.applications.permissions.granted' : 'admin.applications.permissions.asked')}
            </span>
          </li>
        ))}
      </ul>
      {isChoosing && <ChoosePermissions found={found} close={() => setChoosing(false)} />}
      {isAsking && (
        <AskFirst
          title={t('admin.applications.permissions.title2', { name: found.displayName })}
          verb={t('admin.applications.permissions.agree')}
          act={consent.mutate}
          isActing={consent.isPending}
          error={consent.error}
          close={() => setAsking(false)}
        >
          <p>{t('admin.applications.permissions.detail', { permissions: list(missing.map(({ value }) => value)) })}</p>
        </AskFirst>
      )}
    </section>
  )
}
