import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useId, useState } from 'react'
import { t } from '../words.ts'
import { AskFirst } from './AskFirst.tsx'
import { type BulkActName, bulkActs, linesOf, takeOut } from './bulkActs.ts'
import { csvOf } from './csv.ts'
import { FindOne } from './FindOne.tsx'
import { groupsLike } from './groupQueries.ts'
import { JobProgress, RefusedRows } from './JobProgress.tsx'
import { hasEnded, type Job, job, resultsOf, startJob } from './jobs.ts'
import { Loading } from './Loading.tsx'
import { Refused } from './Refused.tsx'
import { tell } from './toasts.ts'

/** Whom an act is done to. */
export interface Target {
  id: string
  displayName?: string | null
}

interface Shown {
  name: BulkActName
  /** Undefined while they are read. */
  rows: readonly Target[] | undefined
  /** How many they are, where the page knows it before it has read them. */
  count?: number
  /** Why they could not be read. */
  unread?: Error | null
  readAgain?: () => void
  /** `isBegun`: the people were changed, or are being. */
  close: (isBegun: boolean) => void
}

/** Does something to many people: each of them is judged first, and it is begun with those who are not refused. */
export function BulkDialog({ name, rows, count, unread, readAgain, close }: Shown) {
  const many = rows?.length ?? count ?? 0
  const [group, setGroup] = useState<{ id: string; displayName: string }>()
  const isChosen = name !== 'addToGroup' || group !== undefined
  const isReady = rows !== undefined && isChosen
  const { judged, fine, ...check } = useCheck({ name, rows: rows ?? [], group: group?.id, isReady })
  const start = useMutation({ mutationFn: () => begin({ name, rows: fine ?? [], group: group?.id }, false) })
  const isBegun = start.data !== undefined
  const nameOf = (people: readonly Target[]) => (row: number) => people[row - 1]?.displayName ?? ''
  const queries = useQueryClient()
  const leave = () => {
    if (start.data !== undefined && group)
      tellOfGroup(start.data, queries.getQueryData(job(start.data).queryKey), group)
    close(isBegun)
  }
  const canBegin = isChosen && !isBegun && !unread && !check.error && fine?.length !== 0
  return (
    <AskFirst
      title={t(`admin.bulk.acts.${name}.title`, { count: many })}
      verb={canBegin ? t(`admin.bulk.acts.${name}.verb`, { count: fine?.length ?? many }) : undefined}
      act={start.mutate}
      isActing={start.isPending}
      isWaiting={canBegin && fine === undefined}
      error={start.error}
      close={leave}
    >
      {isBegun && <JobProgress id={start.data} nameOf={nameOf(fine ?? [])} />}
      {!isBegun && <p>{t(`admin.bulk.acts.${name}.detail`, { count: many })}</p>}
      {!isBegun && name === 'addToGroup' && (
        <FindOne label={t('admin.bulk.group')} find={groupsLike} choose={setGroup} />
      )}
      {!isBegun && group && <b>{group.displayName}</b>}
      {unread && <Refused error={unread} {...(readAgain && { again: readAgain })} />}
      {!isBegun && isChosen && (
        <>
          {check.error && <Refused error={check.error} again={check.again} />}
          {fine === undefined && !check.error && !unread && <Loading rows={1} />}
          <div role="status">
            {fine && fine.length < judged.length && (
              <p>
                <b>{t('admin.bulk.refused', { count: judged.length - fine.length })}</b>
              </p>
            )}
          </div>
          {fine && fine.length < judged.length && <RefusedRows id={check.id} nameOf={nameOf(judged)} />}
        </>
      )}
    </AskFirst>
  )
}

/** Tells who is in a group now, and undoes it. Of a job that goes on the bell tells. */
function tellOfGroup(id: string, found: Job | undefined, group: { id: string; displayName: string }) {
  if (!found || !hasEnded(found) || !found.succeeded) return
  tell({
    text: t('admin.bulk.acts.addToGroup.told', { count: found.succeeded, group: group.displayName }),
    undo: () => takeOut(id, group.id),
  })
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

/** What would become of each, as the server judges it. `judged`: who; `fine`: who of them is not refused, once all are judged. */
function useCheck({ isReady, ...asked }: Asked & { isReady: boolean }) {
  const opening = useId()
  const begun = useQuery({
    // Whom it asks about is held by the answer: a list that is read anew below the dialog moves no row.
    queryKey: ['jobs', 'check', opening, asked.group],
    queryFn: async () => ({ id: await begin(asked, true), judged: asked.rows }),
    enabled: isReady,
    // It is judged once for each time that the dialog opens.
    staleTime: Number.POSITIVE_INFINITY,
    gcTime: 0,
    retry: false,
    networkMode: 'always',
  })
  const { id, judged } = begun.data ?? { id: '', judged: [] }
  const found = useQuery({ ...job(id), enabled: id !== '' })
  const isOver = found.data !== undefined && hasEnded(found.data)
  const isRefusing = isOver && found.data.failed !== 0
  const results = useQuery({ ...resultsOf(id), enabled: isRefusing })
  const refused = new Set(results.data?.filter(({ status }) => status >= 400).map(({ row }) => row))
  const isJudged = isOver && (!isRefusing || results.data !== undefined)
  return {
    id,
    judged,
    fine: isJudged ? judged.filter((_, place) => !refused.has(place + 1)) : undefined,
    error: begun.error ?? found.error ?? results.error,
    again: () => void [begun, found, results].find(({ error }) => error)?.refetch(),
  }
}
