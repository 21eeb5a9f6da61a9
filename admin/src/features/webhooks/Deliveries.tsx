import { Button, Field, Select } from '@fluentui/react-components'
import { useInfiniteQuery, useMutation, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { api } from '../../api/client.ts'
import { Loading } from '../../parts/Loading.tsx'
import { Refused } from '../../parts/Refused.tsx'
import { exactly, moment, t } from '../../words.ts'
import { nameOfChange, sentenceOfProblem } from './names.ts'
import { type Delivery, deliveries, type Status, statuses } from './queries.ts'

const TAGS: Record<Status, string> = { waiting: 'tag tag-medium', delivered: 'tag tag-good', dead: 'tag tag-high' }

/** What a webhook was told. What was given up can be sent again. */
export function Deliveries({ id }: { id: string }) {
  const queries = useQueryClient()
  const [status, setStatus] = useState<Status>()
  const { data, error, refetch, hasNextPage, fetchNextPage } = useInfiniteQuery(deliveries(id, status))
  const again = useMutation({
    mutationFn: (deliveryId: string) =>
      api.POST('/subscriptions/{id}/deliveries/{deliveryId}/redeliver', { params: { path: { id, deliveryId } } }),
    onSettled: () => queries.invalidateQueries({ queryKey: ['webhooks', 'deliveries', id] }),
  })
  const rows = data?.pages.flatMap(page => page.rows)
  return (
    <section>
      <h3>{t('admin.webhooks.deliveries.title')}</h3>
      <Field label={t('admin.webhooks.deliveries.show')}>
        <Select
          value={status ?? ''}
          onChange={(_, { value }) => setStatus(value === '' ? undefined : (value as Status))}
        >
          <option value="">{t('admin.webhooks.deliveries.all')}</option>
          {statuses.map(one => (
            <option key={one} value={one}>
              {t(`admin.webhooks.deliveries.${one}`)}
            </option>
          ))}
        </Select>
      </Field>
      {again.error && <Refused error={again.error} />}
      {!rows && (error ? <Refused error={error} again={() => void refetch()} /> : <Loading rows={4} />)}
      {rows?.length === 0 && <p className="calm">{t('admin.webhooks.deliveries.none')}</p>}
      <ul className="rows">
        {rows?.map(delivery => (
          <Row key={delivery.id} delivery={delivery} again={() => again.mutate(delivery.id)} />
        ))}
      </ul>
      {hasNextPage && <Button onClick={() => void fetchNextPage()}>{t('admin.objects.more')}</Button>}
    </section>
  )
}

function Row({ delivery, again }: { delivery: Delivery; again: () => void }) {
  const { changeType, lifecycleEvent, eventDateTime, status, attempts, problem } = delivery
  const what = nameOfChange(changeType ?? lifecycleEvent ?? '')
  return (
    <li>
      <span className={TAGS[status]}>{t(`admin.webhooks.deliveries.${status}`)}</span>
      <div className="grows">
        <b>{what}</b>
        <p>
          <time dateTime={eventDateTime} title={exactly(eventDateTime)}>
            {moment(eventDateTime)}
          </time>
          {attempts > 0 && ` · ${t('admin.webhooks.deliveries.attempts', { count: attempts })}`}
        </p>
        {problem !== null && status !== 'delivered' && <p>{sentenceOfProblem(problem)}</p>}
      </div>
      {status !== 'waiting' && (
        <Button
          size="small"
          aria-label={t('admin.webhooks.deliveries.againOf', { what, when: exactly(eventDateTime) })}
          onClick={again}
        >
          {t('admin.webhooks.deliveries.again')}
        </Button>
      )}
    </li>
  )
}
