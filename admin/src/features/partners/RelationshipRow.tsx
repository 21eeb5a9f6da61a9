import { Button, Field, Input, useRestoreFocusTarget } from '@fluentui/react-components'
import { useMutation, useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { api } from '../../api/client.ts'
import { Problem } from '../../api/problem.ts'
import { AskFirst } from '../../parts/AskFirst.tsx'
import { fieldError } from '../../parts/fieldError.ts'
import { RoleChoice } from '../../parts/RoleChoice.tsx'
import { endOf } from '../../parts/relationshipEnd.ts'
import { type Role, roles } from '../../parts/roleQueries.ts'
import { useRoleNames } from '../../parts/useRoleNames.ts'
import { exactly, moment, t } from '../../words.ts'
import { ExtensionSwitch } from './ExtensionSwitch.tsx'
import type { Relationship } from './queries.ts'
import { useDecided } from './useDecided.ts'

interface Shown {
  relationship: Relationship
  mayDecide: boolean
}

/** What the company has given a firm by one relationship. It can only become less. */
export function RelationshipRow({ relationship, mayDecide }: Shown) {
  const opens = useRestoreFocusTarget()
  const { data: every } = useQuery(roles)
  const nameRoles = useRoleNames()
  const [asked, setAsked] = useState<'reduce' | 'end'>()
  const { id, displayName, status, accessDetails, autoExtendDuration } = relationship
  const ends = endOf(relationship)
  const isActive = status === 'active'
  const close = () => setAsked(undefined)
  const held = accessDetails.unifiedRoles.map(one => one.roleDefinitionId)
  return (
    <li>
      <span className={isActive ? 'tag tag-good' : 'tag'}>{t(`admin.partners.statuses.${status as 'active'}`)}</span>
      <div className="grows">
        <b>{displayName}</b>
        <p>{nameRoles(accessDetails.unifiedRoles)}</p>
        {ends && (
          <p title={exactly(ends)}>
            {isActive
              ? t(`admin.partners.${autoExtendDuration === 'P180D' ? 'endsOrExtends' : 'ends'}`, {
                  when: moment(ends),
                })
              : t('admin.partners.ended', { when: moment(ends) })}
          </p>
        )}
      </div>
      {mayDecide && isActive && (
        <span className="acts">
          <Button
            {...opens}
            size="small"
            aria-label={t('admin.partners.reduce.of', { name: displayName })}
            onClick={() => setAsked('reduce')}
          >
            {t('admin.partners.reduce.open')}
          </Button>
          <Button
            {...opens}
            size="small"
            aria-label={t('admin.partners.end.of', { name: displayName })}
            onClick={() => setAsked('end')}
          >
            {t('admin.partners.end.open')}
          </Button>
        </span>
      )}
      {asked === 'reduce' && every && (
        <Reduce relationship={relationship} held={every.filter(role => held.includes(role.id))} close={close} />
      )}
      {asked === 'end' && <End id={id} name={displayName} close={close} />}
    </li>
  )
}

interface Reducing {
  relationship: Relationship
  held: readonly Role[]
  close: () => void
}

function Reduce({ relationship, held, close }: Reducing) {
  const { id, displayName, endDateTime, autoExtendDuration } = relationship
  const last = endDateTime?.slice(0, 10) ?? ''
  const wasExtended = autoExtendDuration === 'P180D'
  const decided = useDecided(close)
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set(held.map(role => role.id)))
  const [day, setDay] = useState(last)
  const [isExtended, setExtended] = useState(wasExtended)
  const { mutate, isPending, error } = useMutation({
    mutationFn: () =>
      api.PATCH('/tenantRelationships/partnerRelationships/{id}', {
        params: { path: { id } },
        body: {
          ...(chosen.size < held.length && {
            unifiedRoles: [...chosen].map(roleDefinitionId => ({ roleDefinitionId })),
          }),
          // The day itself is the first without it, in UTC.
          ...(day !== last && day !== '' && { endDateTime: `${day}T00:00:00Z` }),
          ...(isExtended !== wasExtended && { autoExtendDuration: 'PT0S' }),
        },
      }),
    onSuccess: decided,
  })
  const fields = error instanceof Problem ? error.fields : new Map<string, string>()
  return (
    <AskFirst
      title={t('admin.partners.reduce.title', { name: displayName })}
      verb={t('admin.partners.reduce.verb')}
      act={() => chosen.size > 0 && mutate()}
      isActing={isPending}
      error={fields.size > 0 ? null : error}
      close={close}
    >
      <p>{t('admin.partners.reduce.detail')}</p>
      <RoleChoice
        label={t('admin.partners.facts.roles')}
        roles={held}
        chosen={chosen}
        choose={setChosen}
        none={t('admin.partners.reduce.noRole')}
      />
      <Field
        label={t('admin.partners.reduce.until')}
        hint={t('admin.partners.reduce.untilHint')}
        {...fieldError(fields, 'endDateTime')}
      >
        <Input type="date" value={day} max={last} onChange={(_, { value }) => setDay(value)} />
      </Field>
      {wasExtended && <ExtensionSwitch isOn={isExtended} turn={setExtended} />}
    </AskFirst>
  )
}

function End({ id, name, close }: { id: string; name: string; close: () => void }) {
  const decided = useDecided(close)
  const { mutate, isPending, error } = useMutation({
    mutationFn: () =>
      api.POST('/tenantRelationships/partnerRelationships/{id}/terminate', { params: { path: { id } } }),
    onSuccess: decided,
  })
  return (
    <AskFirst
      title={t('admin.partners.end.title', { name })}
      verb={t('admin.partners.end.verb')}
      act={mutate}
      isActing={isPending}
      error={error}
      close={close}
    >
      <p>{t('admin.partners.end.detail')}</p>
    </AskFirst>
  )
}
