import { Button, Field, Radio, RadioGroup } from '@fluentui/react-components'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useState } from 'react'
import { api, dataOf } from '../../api/client.ts'
import { FindOne } from '../../parts/FindOne.tsx'
import { groupsLike } from '../../parts/groupQueries.ts'
import { Refused } from '../../parts/Refused.tsx'
import { number, t } from '../../words.ts'

/** Milliseconds after which a job is looked at again. */
const LIVE = 1_000

/** The mails of a roll-out in their order, and the notice that holds the words of each. */
const mails = {
  coming: 'announcement_coming',
  register: 'announcement',
  reminder: 'announcement_reminder',
  lastDays: 'announcement_last_days',
  available: 'announcement_available',
  helpDesk: 'announcement_help_desk',
} as const
type Mail = keyof typeof mails
const names = Object.keys(mails) as Mail[]

/** Sends people one of the mails of a roll-out: first how many that would be, then the mails themselves. */
export function Announce() {
  const queries = useQueryClient()
  const [kind, setKind] = useState<Mail>('register')
  const [isGroup, setIsGroup] = useState(false)
  const [group, setGroup] = useState<{ id: string; displayName: string }>()
  const begin = (dryRun: boolean) =>
    dataOf(api.POST('/announcements', { body: { kind, dryRun, ...(isGroup && group && { groupId: group.id }) } }))
  const trial = useMutation({ mutationFn: () => begin(true) })
  const sending = useMutation({
    mutationFn: () => begin(false),
    onSuccess: () => queries.invalidateQueries({ queryKey: ['started'] }),
  })
  // What was counted was another mail or other people.
  const anew = () => {
    trial.reset()
    sending.reset()
  }
  const tried = useJob(trial.data?.id)
  const sent = useJob(sending.data?.id)
  const error = trial.error ?? sending.error
  const isReady = !isGroup || group !== undefined
  return (
    <>
      <Field label={t('admin.started.announce.which')}>
        <RadioGroup
          value={kind}
          onChange={(_, { value }) => {
            anew()
            setKind(value as Mail)
            // Those who will be asked are some, never everybody.
            if (value === 'helpDesk') setIsGroup(true)
          }}
        >
          {names.map(name => (
            <Radio
              key={name}
              value={name}
              label={
                <>
                  <b>{t(`admin.notices.kinds.${mails[name]}.name`)}</b>
                  <br />
                  {t(`admin.notices.kinds.${mails[name]}.when`)}
                </>
              }
            />
          ))}
        </RadioGroup>
      </Field>
      <p>
        <Link to="/notices/$notice" params={{ notice: mails[kind] }}>
          {t('admin.started.announce.words')}
        </Link>
      </p>
      <Field label={t('admin.started.announce.who')}>
        <RadioGroup
          value={isGroup ? 'group' : 'all'}
          onChange={(_, { value }) => {
            anew()
            setIsGroup(value === 'group')
          }}
        >
          <Radio value="all" label={t('admin.started.announce.all')} disabled={kind === 'helpDesk'} />
          <Radio value="group" label={t('admin.started.announce.group')} />
        </RadioGroup>
      </Field>
      {isGroup && (
        <>
          <FindOne
            label={t('admin.started.policy.group')}
            find={groupsLike}
            choose={one => {
              anew()
              setGroup(one)
            }}
          />
          {group && <p>{t('admin.started.announce.chosen', { group: group.displayName })}</p>}
        </>
      )}
      {error && <Refused error={error} />}
      <div role="status">
        {tried?.endedDateTime && !sending.data && (
          <>
            <p>
              {t('admin.started.announce.would', { count: tried.succeeded ?? 0, others: number(tried.failed ?? 0) })}
            </p>
            {(tried.announcementsStopped ?? 0) > 0 && (
              <p>{t('admin.started.announce.stopped', { count: tried.announcementsStopped ?? 0 })}</p>
            )}
          </>
        )}
        {sent && (
          <p>
            {sent.endedDateTime
              ? t('admin.started.announce.sent', { count: sent.succeeded ?? 0 })
              : t('admin.started.announce.sending')}
          </p>
        )}
      </div>
      <div className="acts">
        <Button disabledFocusable={trial.isPending || !isReady} onClick={() => trial.mutate()}>
          {t('admin.started.announce.count')}
        </Button>
        {tried?.endedDateTime && (tried.succeeded ?? 0) > 0 && !sending.data && (
          <Button appearance="primary" disabledFocusable={sending.isPending} onClick={() => sending.mutate()}>
            {t('admin.started.announce.verb', { count: tried.succeeded ?? 0 })}
          </Button>
        )}
      </div>
    </>
  )
}

/** A job, read until it has ended. */
function useJob(id: string | undefined) {
  const { data } = useQuery({
    queryKey: ['jobs', 'one', id],
    enabled: id !== undefined,
    queryFn: () => dataOf(api.GET('/bulk/jobs/{id}', { params: { path: { id: id! } } })),
    refetchInterval: ({ state }) => (state.data?.endedDateTime ? false : LIVE),
  })
  return data
}
