import { Button, ProgressBar } from '@fluentui/react-components'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { type ReactNode, useEffect, useState } from 'react'
import { api } from '../api/client.ts'
import { t } from '../words.ts'
import { saveFile } from './csv.ts'
import { fileOf, hasEnded, type Job, job, resultsOf } from './jobs.ts'
import { Loading } from './Loading.tsx'
import { Refused, sentenceOfCode } from './Refused.tsx'

/** How many refused rows are shown at a time. */
const PAGE = 50

interface Shown {
  id: string
  /** What a row, counted from 1, is called; without it by its number, as in a file. */
  nameOf?: (row: number) => string
  /** What stands in place of the list of refused rows, where they can be mended. */
  refused?: ReactNode
}

/** How far a job is, what became of its rows, and what it made. */
export function JobProgress({ id, nameOf, refused }: Shown) {
  const queries = useQueryClient()
  const { data: found, error } = useQuery(job(id))
  const isOver = found !== undefined && hasEnded(found)
  const changed = isOver && !found.dryRun
  useEffect(() => {
    if (changed) void queries.invalidateQueries({ queryKey: ['people'] })
  }, [changed, queries])
  const cancel = useMutation({
    mutationFn: () => api.DELETE('/bulk/jobs/{id}', { params: { path: { id } } }),
    onSettled: () => queries.invalidateQueries({ queryKey: ['jobs', 'one', id] }),
  })
  if (!found) return error ? <Refused error={error} /> : <Loading rows={2} />
  const { status = 'notStarted', total, succeeded = 0, failed = 0, secondsLeft } = found
  const done = succeeded + failed
  return (
    <>
      <div role="status">
        <p>
          <b>{t(`admin.people.import.statuses.${status}`)}</b>
          {total !== null && total !== undefined && ` · ${t('admin.people.import.progress', { done, count: total })}`}
        </p>
        {isOver && (
          <p>
            {t('admin.people.import.fine', { count: succeeded })} ·{' '}
            {t('admin.people.import.refused', { count: failed })}
          </p>
        )}
        {!isOver && secondsLeft ? <p>{t('admin.people.import.left', { count: secondsLeft })}</p> : null}
      </div>
      {!isOver && (
        <>
          <ProgressBar {...(total && { value: done / total })} aria-label={t('admin.people.import.running')} />
          <p className="calm">{t('admin.people.import.leave')}</p>
          <div className="acts">
            <Button disabledFocusable={cancel.isPending} onClick={() => cancel.mutate()}>
              {t('admin.people.import.cancel')}
            </Button>
          </div>
        </>
      )}
      {isOver && failed > 0 && (refused ?? <RefusedRows id={id} {...(nameOf && { nameOf })} />)}
      {isOver && <Files id={id} found={found} />}
    </>
  )
}

/** The rows of a job that were refused, and why. */
export function RefusedRows({ id, nameOf = row => t('admin.people.import.row', { row }) }: Shown) {
  const { data } = useQuery(resultsOf(id))
  const [shown, setShown] = useState(PAGE)
  const refused = data?.filter(({ status }) => status >= 400) ?? []
  return (
    <>
      <ul className="rows objects">
        {refused.slice(0, shown).map(({ row, code, target }) => (
          <li key={row}>
            <span className="two-lines">
              <b>{nameOf(row)}</b>
              <small>
                {[target, sentenceOfCode(code ?? '') ?? code ?? t('admin.problems.unknown')]
                  .filter(Boolean)
                  .join(' · ')}
              </small>
            </span>
          </li>
        ))}
      </ul>
      {refused.length > shown && (
        <Button onClick={() => setShown(shown + PAGE)}>
          {t('admin.people.import.moreRefused', { count: refused.length - shown })}
        </Button>
      )}
    </>
  )
}

function Files({ id, found: { kind, dryRun, succeeded = 0 } }: { id: string; found: Job }) {
  const { mutate, isPending, error } = useMutation({
    mutationFn: async (name: 'results' | 'passwords') => saveFile(`${name}.csv`, await fileOf(id, name)),
  })
  const hasPasswords = kind === 'usersCreate' && !dryRun && succeeded > 0
  return (
    <>
      {error && <Refused error={error} />}
      <div className="acts">
        <Button disabledFocusable={isPending} onClick={() => mutate('results')}>
          {t('admin.people.import.results')}
        </Button>
        {hasPasswords && (
          <Button appearance="primary" disabledFocusable={isPending} onClick={() => mutate('passwords')}>
            {t('admin.people.import.passwords')}
          </Button>
        )}
      </div>
      {hasPasswords && <p className="calm">{t('admin.people.import.passwordsOnce')}</p>}
    </>
  )
}
