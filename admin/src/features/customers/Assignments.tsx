import { Button, useRestoreFocusTarget } from '@fluentui/react-components'
import { AddRegular } from '@fluentui/react-icons'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { api } from '../../api/client.ts'
import { AskFirst } from '../../parts/AskFirst.tsx'
import { FindOne } from '../../parts/FindOne.tsx'
import { groupsLike, groupsNamed } from '../../parts/groupQueries.ts'
import { Refused } from '../../parts/Refused.tsx'
import { RoleChoice } from '../../parts/RoleChoice.tsx'
import { roles } from '../../parts/roleQueries.ts'
import { useRoleNames } from '../../parts/useRoleNames.ts'
import { t } from '../../words.ts'
import { type Assignment, assignments, type Relationship } from './queries.ts'

const PATH = '/tenantRelationships/delegatedAdminRelationships/{id}/accessAssignments'

/** The groups of the firm that a relationship reaches, and which of its roles each has. */
export function Assignments({ found, mayAssign }: { found: Relationship; mayAssign: boolean }) {
  const opens = useRestoreFocusTarget()
  const { data, error, refetch } = useQuery({ ...assignments(found.id), enabled: mayAssign })
  const ids = data?.map(one => one.accessContainer.accessContainerId) ?? []
  const { data: named } = useQuery(groupsNamed(ids))
  const nameRoles = useRoleNames()
  const [asked, setAsked] = useState<Assignment | 'new'>()
  const [leaving, setLeaving] = useState<Assignment>()
  if (!mayAssign) return null
  const nameOf = ({ accessContainer: { accessContainerId: id } }: Assignment) =>
    named?.find(one => one.id === id)?.displayName ?? id
  return (
    <section>
      <div className="head-small">
        <h3>{t('admin.customers.groups.title')}</h3>
        <Button {...opens} size="small" icon={<AddRegular />} onClick={() => setAsked('new')}>
          {t('admin.customers.groups.add')}
        </Button>
      </div>
      {error && <Refused error={error} again={() => void refetch()} />}
      {data?.length === 0 && <p className="calm">{t('admin.customers.groups.none')}</p>}
      <ul className="rows">
        {data?.map(one => (
          <li key={one.id}>
            <div className="grows">
              <b>{nameOf(one)}</b>
              <p>{nameRoles(one.accessDetails.unifiedRoles)}</p>
            </div>
            <span className="acts">
              <Button
                {...opens}
                size="small"
                aria-label={t('admin.customers.groups.changeOf', { group: nameOf(one) })}
                onClick={() => setAsked(one)}
              >
                {t('admin.customers.groups.change')}
              </Button>
              <Button
                {...opens}
                size="small"
                aria-label={t('admin.customers.groups.removeOf', { group: nameOf(one) })}
                onClick={() => setLeaving(one)}
              >
                {t('admin.customers.groups.remove')}
              </Button>
            </span>
          </li>
        ))}
      </ul>
      {asked && (
        <Assign
          found={found}
          assignment={asked === 'new' ? undefined : asked}
          name={asked === 'new' ? undefined : nameOf(asked)}
          close={() => setAsked(undefined)}
        />
      )}
      {leaving && (
        <Remove found={found} assignment={leaving} name={nameOf(leaving)} close={() => setLeaving(undefined)} />
      )}
    </section>
  )
}

interface Asked {
  found: Relationship
  /** Undefined: a group is chosen. */
  assignment: Assignment | undefined
  name: string | undefined
  close: () => void
}

function Assign({ found, assignment, name, close }: Asked) {
  const queries = useQueryClient()
  const { data: every } = useQuery(roles)
  const given = found.accessDetails.unifiedRoles.map(one => one.roleDefinitionId)
  const [group, setGroup] = useState<string>()
  const [chosen, setChosen] = useState<ReadonlySet<string>>(
    new Set((assignment?.accessDetails ?? found.accessDetails).unifiedRoles.map(one => one.roleDefinitionId)),
  )
  const { mutate, isPending, error } = useMutation({
    mutationFn: async () => {
      const accessDetails = { unifiedRoles: [...chosen].map(roleDefinitionId => ({ roleDefinitionId })) }
      if (assignment)
        await api.PATCH(`${PATH}/{assignmentId}`, {
          params: { path: { id: found.id, assignmentId: assignment.id } },
          body: { accessDetails },
          headers: { 'if-match': assignment['@odata.etag'] },
        })
      else
        await api.POST(PATH, {
          params: { path: { id: found.id } },
          body: {
            accessContainer: { accessContainerId: group!, accessContainerType: 'securityGroup' },
            accessDetails,
          },
        })
    },
    onSuccess: async () => {
      close()
      await queries.invalidateQueries({ queryKey: ['customers'] })
    },
  })
  return (
    <AskFirst
      title={name ? t('admin.customers.groups.changeOf', { group: name }) : t('admin.customers.groups.add')}
      verb={t('admin.customers.save')}
      act={() => chosen.size > 0 && (assignment || group) && mutate()}
      isActing={isPending}
      error={error}
      close={close}
    >
      <p>{t('admin.customers.groups.detail')}</p>
      {!assignment && (
        <FindOne
          label={t('admin.customers.groups.group')}
          find={groupsLike}
          choose={({ id }) => setGroup(id)}
          unchoose={() => setGroup(undefined)}
        />
      )}
      <RoleChoice
        label={t('admin.customers.columns.roles')}
        roles={every?.filter(({ id }) => given.includes(id)) ?? []}
        chosen={chosen}
        choose={setChosen}
        none={t('admin.customers.ask.noRole')}
      />
    </AskFirst>
  )
}

interface Removing {
  found: Relationship
  assignment: Assignment
  name: string
  close: () => void
}

function Remove({ found, assignment, name, close }: Removing) {
  const queries = useQueryClient()
  const { mutate, isPending, error } = useMutation({
    mutationFn: () =>
      api.DELETE(`${PATH}/{assignmentId}`, {
        params: { path: { id: found.id, assignmentId: assignment.id } },
        headers: { 'if-match': assignment['@odata.etag'] },
      }),
    onSuccess: async () => {
      close()
      await queries.invalidateQueries({ queryKey: ['customers'] })
      document.querySelector<HTMLElement>('.panel h2')?.focus()
    },
  })
  return (
    <AskFirst
      title={t('admin.customers.groups.removeOf', { group: name })}
      verb={t('admin.customers.groups.remove')}
      act={mutate}
      isActing={isPending}
      error={error}
      close={close}
    >
      <p>{t('admin.customers.groups.removeDetail')}</p>
    </AskFirst>
  )
}
