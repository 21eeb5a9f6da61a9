import { Field, Input } from '@fluentui/react-components'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { useState } from 'react'
import { api, dataOf } from '../../api/client.ts'
import { Problem } from '../../api/problem.ts'
import { AskFirst } from '../../parts/AskFirst.tsx'
import { useDraft } from '../../parts/drafts.ts'
import { EffectShown } from '../../parts/Effect.tsx'
import { FindOne } from '../../parts/FindOne.tsx'
import { groupsLike } from '../../parts/groupQueries.ts'
import { previewQuery, type Write } from '../../parts/previews.ts'
import { t } from '../../words.ts'
import { moveTo, type Ranked, ROOM } from './order.ts'
import type { Policy } from './queries.ts'

const path = (id: string) => `/policies/passwordResetPolicies/${id}`

interface Acted {
  policy: Policy
  close: () => void
}

/** Removes a policy, after telling whom that affects. */
export function RemovePolicy({ policy, close }: Acted) {
  const id = policy.id!
  return (
    <Tried
      title={t('admin.policies.remove.title', { policy: policy.displayName ?? '' })}
      detail={t('admin.policies.remove.detail')}
      verb={t('admin.policies.remove.verb')}
      write={{ method: 'DELETE', url: path(id) }}
      act={() => api.DELETE('/policies/passwordResetPolicies/{id}', { params: { path: { id } } })}
      close={close}
    />
  )
}

interface Moved extends Acted {
  ranked: readonly Ranked[]
  /** Where it shall stand, counted from 0. */
  place: number
}

/** Has a policy tried earlier or later, after telling whom that affects. */
export function MovePolicy({ policy, close, ranked, place }: Moved) {
  const changes = moveTo(ranked, policy.id!, place)
  const renumber = ({ id, priority }: Ranked) =>
    api.PATCH('/policies/passwordResetPolicies/{id}', { params: { path: { id } }, body: { priority } })
  const [only] = changes
  return (
    <Tried
      title={t('admin.policies.move.title', { policy: policy.displayName ?? '', place: place + 1 })}
      detail={t('admin.policies.move.detail')}
      verb={t('admin.policies.move.verb')}
      // Where room has to be made first, the number that it will have is still another's, and cannot be tried.
      write={
        changes.length === 1 ? { method: 'PATCH', url: path(only!.id), body: { priority: only!.priority } } : undefined
      }
      act={async () => {
        for (const change of changes) await renumber(change)
      }}
      close={close}
    />
  )
}

interface Shown {
  title: string
  detail: string
  verb: string
  write: Write | undefined
  act: () => Promise<unknown>
  close: () => void
}

/** An act on the list of policies, with what it would do to people. */
function Tried({ title, detail, verb, write, act, close }: Shown) {
  const queries = useQueryClient()
  const preview = useQuery({ ...previewQuery(write ?? { method: 'PATCH', url: '' }, ''), enabled: write !== undefined })
  const { mutate, isPending, error } = useMutation({
    mutationFn: act,
    onSuccess: async () => {
      await queries.invalidateQueries({ queryKey: ['policies'] })
      void queries.invalidateQueries({ queryKey: ['reports'] })
      close()
    },
  })
  return (
    <AskFirst title={title} verb={verb} act={mutate} isActing={isPending} error={error} close={close}>
      <p>{detail}</p>
      {write ? <EffectShown preview={preview} mayCount={false} /> : <p>{t('admin.policies.effect.unknown')}</p>}
    </AskFirst>
  )
}

interface Added {
  /** The number of the last policy. */
  last: number
  /** The settings that its people have had so far. */
  settings: Policy['settings']
  close: () => void
}

/**
 * Makes a policy for a group, with the settings that the others have: nothing changes for anybody until its pages are
 * saved. One without a group would be for everybody.
 */
export function AddPolicy({ last, settings, close }: Added) {
  const queries = useQueryClient()
  const navigate = useNavigate()
  const [displayName, setName] = useDraft('policy name', '')
  const [group, setGroup] = useState<string>()
  const { mutate, isPending, error } = useMutation({
    mutationFn: () =>
      dataOf(
        api.POST('/policies/passwordResetPolicies', {
          body: {
            displayName: displayName.trim(),
            priority: last + ROOM,
            includedGroups: group === undefined ? [] : [group],
            ...(settings && { settings }),
          },
        }),
      ),
    onSuccess: async made => {
      await queries.invalidateQueries({ queryKey: ['policies'] })
      close()
      await navigate({
        to: '/password-reset/policies/$policy/$tab',
        params: { policy: (made as { id: string }).id, tab: 'who' },
      })
    },
  })
  const code = error instanceof Problem ? error.fields.get('displayName') : undefined
  return (
    <AskFirst
      title={t('admin.policies.add.title')}
      verb={t('admin.policies.add.verb')}
      act={() => group !== undefined && mutate()}
      isActing={isPending}
      error={code ? null : error}
      close={close}
    >
      <p>{t('admin.policies.add.detail')}</p>
      <Field
        label={t('admin.policies.settings.displayName.ask')}
        required
        {...(code && { validationState: 'error', validationMessage: t('admin.problems.property_required') })}
      >
        <Input value={displayName} maxLength={256} onChange={(_, { value }) => setName(value)} />
      </Field>
      <FindOne
        label={t('admin.policies.add.group')}
        find={groupsLike}
        choose={({ id }) => setGroup(id)}
        unchoose={() => setGroup(undefined)}
      />
    </AskFirst>
  )
}
