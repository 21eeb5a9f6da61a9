import { useMutation, useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { t } from '../words.ts'
import { AskFirst } from './AskFirst.tsx'
import { type BulkActName, bulkActs, linesOf } from './bulkActs.ts'
import { csvOf } from './csv.ts'
import { FindOne } from './FindOne.tsx'
import { groupsLike } from './groupQueries.ts'
import { JobProgress, RefusedRows } from './JobProgress.tsx'
import { hasEnded, job, resultsOf, startJob } from './jobs.ts'
import { Loading } from './Loading.tsx'
import { Refused } from './Refused.tsx'

/** Whom an act is done to. */
export interface Target {
  id: string
  displayName?: string | null
}

interface Shown {
  name: BulkActName
  rows: readonly Target[]
  /** `isBegun`: the people were changed, or are being. */
  close: (isBegun: boolean) => void
}

/** Does something to many people: each of them is judged first, and it is begun with those who are not refused. */
export function BulkDialog({ name, rows, close }: Shown) {
  const [group, setGroup] = useState<{ id: string; displayName: string }>()
  const isReady = name !== 'addToGroup' || group !== undefined
  const check = useCheck({ name, rows, group: group?.id, isReady })
  const start = useMutation({ mutationFn: () => begin({ name, rows: check.fine ?? [], group: group?.id }, false) })
  const isBegun = start.data !== undefined
  const nameOf = (people: readonly Target[]) => (row: number) => people[row - 1]?.displayName ?? ''
  const canBegin = isReady && !isBegun && !check.error && check.fine?.length !== 0
  return (
    <AskFirst
      title={t(`admin.bulk.acts.${name}.title`, { count: rows.length })}
      verb={canBegin ? t(`admin.bulk.acts.${name}.verb`, { count: check.fine?.length ?? rows.length }) : undefined}
      act={start.mutate}
      isActing={canBegin && (check.fine === undefined || start.isPending)}
      error={start.error}
      close={() => close(isBegun)}
    >
      {isBegun && <JobProgress id={start.data} nameOf={nameOf(check.fine ?? [])} />}
      {!isBegun && <p>{t(`admin.bulk.acts.${name}.detail`, { count: rows.length })}</p>}
      {!isBegun && name === 'addToGroup' && (
        <FindOne label={t('admin.bulk.group')} find={groupsLike} choose={setGroup} />
      )}
      {!isBegun && group && <b>{group.displayName}</b>}
      {!isBegun && isReady && (
        <>
          {check.error && <Refused error={check.error} again={check.again} />}
          {check.fine === undefined && !check.error && <Loading rows={1} />}
          <div role="status">
            {check.fine && check.fine.length < rows.length && (
              <p>
                <b>{t('admin.bulk.refused', { count: rows.length - check.fine.length })}</b>
              </p>
            )}
          </div>
          {check.fine && check.fine.length < rows.length && <RefusedRows id={check.id} nameOf={nameOf(rows)} />}
        </>
      )}
    </AskFirst>
  )
}

interface Asked {
  name: BulkActName
  rows: readonly Target[]
  group: string | undefined
}

const idsOf = (rows: readonly Target[]) => rows.map(({ id }) => id)

const begin = ({ name, rows, group }: Asked, dryRun: boolean) =>
  startJob({
    kind: bulkActs[name].kind,
    file: new Blob([csvOf(linesOf(name, idsOf(rows), group))]),
    fileName: t(`admin.bulk.acts.${name}.open`),
    dryRun,
  })

/** What would become of each, as the server judges it. `fine`: who is not refused; undefined until all are judged. */
function useCheck({ isReady, ...asked }: Asked & { isReady: boolean }) {
  const begun = useQuery({
    queryKey: ['jobs', 'check', asked.name, asked.group, idsOf(asked.rows)],
    queryFn: () => begin(asked, true),
    enabled: isReady,
    // It is judged once for each time that the dialog opens.
    staleTime: Number.POSITIVE_INFINITY,
    gcTime: 0,
    retry: false,
    networkMode: 'always',
  })
  const id = begun.data ?? ''
  const found = useQuery({ ...job(id), enabled: id !== '' })
  const results = useQuery({ ...resultsOf(id), enabled: found.data !== undefined && hasEnded(found.data) })
  const refused = new Set(results.data?.filter(({ status }) => status >= 400).map(({ row }) => row))
  return {
    id,
    fine: results.data && asked.rows.filter((_, place) => !refused.has(place + 1)),
    error: begun.error ?? found.error ?? results.error,
    again: () => void [begun, found, results].find(({ error }) => error)?.refetch(),
  }
}
