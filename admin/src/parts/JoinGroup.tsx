import { Button, useRestoreFocusTarget } from '@fluentui/react-components'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { api } from '../api/client.ts'
import { allowedActions } from '../api/queries.ts'
import { t } from '../words.ts'
import { AskFirst } from './AskFirst.tsx'
import type { Readiness } from './diagnosis.ts'
import { referenceTo } from './objectQueries.ts'
import { tell } from './toasts.ts'

type Group = Readiness['groupsThatOpen'][number]

interface Shown {
  user: { id?: string; displayName?: string }
  groups: readonly Group[]
  /** Whether it is the likeliest of the remedies around it. */
  isFirst?: boolean
  /** A caller is checked before anything opens a way in for them. */
  isHeld?: boolean
}

/** The groups that would let somebody reset their password: a row each, where one may put people into groups. */
export function JoinGroup({ user, groups, isFirst = false, isHeld = false }: Shown) {
  const opens = useRestoreFocusTarget()
  const { data: allowed } = useQuery(allowedActions)
  const [asked, setAsked] = useState<Group>()
  if (!allowed?.byRole.includes('groups.write')) return null
  return (
    <>
      {groups.map((group, place) => (
        <li key={group.id}>
          <div>
            <b>{t('admin.acts.joinGroup.verb', { group: group.displayName })}</b>
            <p>{t('admin.acts.joinGroup.detail')}</p>
          </div>
          <Button
            {...opens}
            appearance={isFirst && place === 0 && !isHeld ? 'primary' : 'secondary'}
            disabledFocusable={isHeld}
            onClick={() => setAsked(group)}
          >
            {t('admin.acts.joinGroup.open')}
          </Button>
        </li>
      ))}
      {asked && <Join user={user} group={asked} close={() => setAsked(undefined)} />}
    </>
  )
}

function Join({ user: { id = '', displayName: person = '' }, group, close }: Joined) {
  const queries = useQueryClient()
  const path = { params: { path: { id: group.id } } }
  const { mutate, isPending, error } = useMutation({
    mutationFn: () => api.POST('/groups/{id}/members/$ref', { ...path, body: referenceTo(id) }),
    onSuccess: async () => {
      close()
      tell({
        text: t('admin.acts.joinGroup.told', { person, group: group.displayName }),
        undo: () =>
          api.DELETE('/groups/{id}/members/{object}/$ref', { params: { path: { id: group.id, object: id } } }),
      })
      await queries.invalidateQueries()
    },
  })
  return (
    <AskFirst
      title={t('admin.acts.joinGroup.title', { person, group: group.displayName })}
      verb={t('admin.acts.joinGroup.act')}
      act={mutate}
      isActing={isPending}
      error={error}
      close={close}
    >
      <p>{t('admin.acts.joinGroup.detail')}</p>
    </AskFirst>
  )
}

interface Joined {
  user: Shown['user']
  group: Group
  close: () => void
}
