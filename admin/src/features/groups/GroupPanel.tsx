import { Button, useRestoreFocusTarget } from '@fluentui/react-components'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useNavigate, useParams, useSearch } from '@tanstack/react-router'
import { api } from '../../api/client.ts'
import { allowedActions } from '../../api/queries.ts'
import { AskFirst } from '../../parts/AskFirst.tsx'
import { useDraft } from '../../parts/drafts.ts'
import { ObjectList } from '../../parts/ObjectList.tsx'
import { type Kind, referenceTo } from '../../parts/objectQueries.ts'
import { Panel } from '../../parts/Panel.tsx'
import { WhoDeleted } from '../../parts/WhoDeleted.tsx'
import { list, moment, t } from '../../words.ts'
import { EditGroup } from './EditGroup.tsx'
import { type Group, group, ownership, policiesOf, reach } from './queries.ts'

/** One group: who is in it, who keeps it, and what hangs on it. */
export function GroupPanel() {
  const { group: id } = useParams({ from: '/groups/$group' })
  const search = useSearch({ from: '/groups' })
  const navigate = useNavigate()
  const { data: found, error, refetch } = useQuery(group(id))
  const { data: people } = useQuery(reach(id))
  const { data: allowed } = useQuery(allowedActions)
  const may = new Set(allowed?.value)
  const close = async () => {
    await navigate({ to: '/groups', search })
    document.getElementById(`group-${id}`)?.focus()
  }
  const byRole = allowed?.byRole.includes(found?.isAssignableToRole ? 'roleGroups.write' : 'groups.write') ?? false
  const isPlain = found?.isAssignableToRole === false
  const { data: isOwned = false } = useQuery({ ...ownership(id), enabled: allowed !== undefined && isPlain && !byRole })
  const mayWrite = byRole || isOwned
  return (
    <Panel
      label={t('admin.groups.panel')}
      heading={found === null ? t('admin.groups.gone') : found?.displayName}
      error={error}
      again={() => void refetch()}
      close={() => void close()}
    >
      {found === null && <WhoDeleted id={id} activity="group.deleted" />}
      {found && (
        <>
          {found.description && <p>{found.description}</p>}
          {mayWrite && <Acts found={found} mayReadPolicies={may.has('policies.read')} />}
          {!mayWrite && found.isAssignableToRole && <p className="calm">{t('admin.groups.rolesOnly')}</p>}
          <p className="calm">
            {t('admin.groups.made', { when: moment(found.createdDateTime) })}{' '}
            {people !== undefined && t('admin.groups.reach', { count: people })}
          </p>
          {may.has('policies.read') && <UsedBy id={id} />}
          {(['members', 'owners'] as const).map(name => (
            <Belonging key={name} group={found} name={name} mayWrite={mayWrite} />
          ))}
        </>
      )}
    </Panel>
  )
}

/** A group that holds roles takes no groups: roles would reach people whom nobody has put there. */
const kindsIn = (group: Group, name: 'members' | 'owners'): readonly Kind[] =>
  name === 'members' && !group.isAssignableToRole ? ['user', 'group'] : ['user']

function Belonging({ group, name, mayWrite }: { group: Group; name: 'members' | 'owners'; mayWrite: boolean }) {
  const { id } = group
  const path = { params: { path: { id } } }
  const one = (object: string) => ({ params: { path: { id, object } } })
  return (
    <ObjectList
      title={t(`admin.groups.${name}.title`)}
      none={t(`admin.groups.${name}.none`)}
      listKey={['groups', id, name]}
      read={query => api.GET(`/groups/{id}/${name}`, { params: { path: { id }, query } })}
      kinds={kindsIn(group, name)}
      add={
        mayWrite ? object => api.POST(`/groups/{id}/${name}/$ref`, { ...path, body: referenceTo(object) }) : undefined
      }
      remove={mayWrite ? object => api.DELETE(`/groups/{id}/${name}/{object}/$ref`, one(object)) : undefined}
      adds={t(`admin.groups.${name}.adds`, { group: group.displayName })}
      removes={person => t(`admin.groups.${name}.removes`, { person, group: group.displayName })}
    />
  )
}

function UsedBy({ id }: { id: string }) {
  const { data: policies } = useQuery(policiesOf(id))
  if (!policies || policies.length === 0) return null
  const names = policies.map(({ displayName }) => displayName ?? '')
  return <p>{t('admin.groups.usedBy', { policies: list(names), count: names.length })}</p>
}

function Acts({ found, mayReadPolicies }: { found: Group; mayReadPolicies: boolean }) {
  const opens = useRestoreFocusTarget()
  const [asked, setAsked] = useDraft<'edit' | 'remove' | undefined>(`group ${found.id} asked`, undefined)
  return (
    <div className="acts">
      <Button {...opens} onClick={() => setAsked('edit')}>
        {t('admin.groups.edit.open')}
      </Button>
      <Button {...opens} onClick={() => setAsked('remove')}>
        {t('admin.groups.remove.open')}
      </Button>
      {asked === 'edit' && <EditGroup group={found} close={() => setAsked(undefined)} />}
      {asked === 'remove' && (
        <Remove found={found} mayReadPolicies={mayReadPolicies} close={() => setAsked(undefined)} />
      )}
    </div>
  )
}

function Remove({ found, mayReadPolicies, close }: { found: Group; mayReadPolicies: boolean; close: () => void }) {
  const queries = useQueryClient()
  const navigate = useNavigate()
  const { data: people = 0 } = useQuery(reach(found.id))
  const { mutate, isPending, error } = useMutation({
    mutationFn: () => api.DELETE('/groups/{id}', { params: { path: { id: found.id } } }),
    onSuccess: async () => {
      await navigate({ to: '/groups', search: true })
      await queries.invalidateQueries({ queryKey: ['groups'] })
    },
  })
  return (
    <AskFirst
      title={t('admin.groups.remove.title', { name: found.displayName })}
      verb={t('admin.groups.remove.open')}
      act={mutate}
      isActing={isPending}
      error={error}
      close={close}
    >
      <p>{t('admin.groups.remove.detail', { count: people })}</p>
      {mayReadPolicies && <UsedBy id={found.id} />}
    </AskFirst>
  )
}
