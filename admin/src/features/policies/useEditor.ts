import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useEffect, useState } from 'react'
import { api } from '../../api/client.ts'
import { Problem } from '../../api/problem.ts'
import { changesOf, type Difference, type Draft, differencesOf } from '../../parts/draft.ts'
import { useDraft } from '../../parts/drafts.ts'
import { previewQuery } from '../../parts/previews.ts'
import { type Read, type Source, sourceQuery } from './queries.ts'

/** Milliseconds after the last change until the server is asked what it would do. */
const SETTLED = 400

/** What somebody else saved, and where it differs from what was to be saved. */
export interface Conflict<T> {
  theirs: Read<T>
  differences: Difference<T>[]
}

/** Edits the settings of something: what was changed, what saving it would do, and what became of it. */
export function useEditor<T extends object>(source: Source<T>) {
  const queries = useQueryClient()
  const query = sourceQuery(source)
  const { data: newest, error: readError, refetch } = useQuery(query)
  // What the changes began from. It stays while there are any, or a change of somebody else would be overwritten unseen.
  const [began, setBegan] = useDraft<Read<T> | undefined>(`${source.path} began`, undefined)
  const [draft, setDraft] = useDraft<Draft<T>>(`${source.path} draft`, {})
  const [invalid, setInvalid] = useState<ReadonlySet<keyof T>>(new Set())
  const [conflict, setConflict] = useState<Conflict<T>>()
  const isEdited = Object.keys(draft).length > 0
  const base = (isEdited ? began : undefined) ?? newest
  const changes = base ? changesOf(base.values, draft) : {}
  const count = Object.keys(changes).length
  const settled = useSettled(JSON.stringify(changes))
  const isSettled = settled === JSON.stringify(changes)
  const write = { method: 'PATCH', url: source.path, body: source.bodyOf(JSON.parse(settled) as Draft<T>) } as const
  const preview = useQuery({
    ...previewQuery(write, base?.etag ?? ''),
    enabled: source.isPreviewed && settled !== '{}' && invalid.size === 0,
  })

  const save = useMutation({
    mutationFn: () =>
      api.PATCH(source.path as '/policies/signInPolicy', {
        body: source.bodyOf(changes) as object,
        headers: { 'if-match': base!.etag },
      }),
    onSuccess: async () => {
      await queries.invalidateQueries({ queryKey: ['policies'] })
      void queries.invalidateQueries({ queryKey: ['reports'] })
      clear()
    },
    onError: async error => {
      if (!(error instanceof Problem) || error.status !== 412 || !base) return
      const theirs = await queries.fetchQuery({ ...query, staleTime: 0 })
      setConflict({ theirs, differences: differencesOf(base.values, theirs.values, changes) })
    },
  })
  function clear() {
    setDraft({})
    setInvalid(new Set())
    setConflict(undefined)
  }

  const refused = [save.error, preview.error].find(one => one instanceof Problem && one.fields.size > 0) as
    | Problem
    | undefined
  return {
    values: base && { ...base.values, ...draft },
    before: base?.values,
    readError: newest ? null : readError,
    again: () => void refetch(),
    changes,
    count,
    set: <Name extends keyof T>(name: Name, value: T[Name], isValid = true) => {
      if (!isEdited) setBegan(newest)
      setDraft(current => ({ ...current, [name]: value }))
      setInvalid(current => new Set([...current].filter(one => one !== name).concat(isValid ? [] : [name])))
      save.reset()
    },
    discard: () => {
      clear()
      save.reset()
    },
    invalid,
    /** What the server refuses of the changes: the code of each setting, as it names it. */
    fields: count > 0 ? fieldsOf(refused) : new Map<string, string>(),
    preview: source.isPreviewed && count > 0 && isSettled && invalid.size === 0 ? preview : undefined,
    isPreviewed: source.isPreviewed,
    save,
    conflict,
    /** Goes on from what somebody else saved, with what is still to be saved over it. */
    goOn: (rest: Draft<T>) => {
      setBegan(conflict?.theirs)
      setDraft(rest)
      setConflict(undefined)
      save.reset()
    },
    leaveConflict: () => {
      setConflict(undefined)
      save.reset()
    },
  }
}
export type Editor<T extends object> = ReturnType<typeof useEditor<T>>

/** The server names a setting by its path in the body; a page by its name. */
const fieldsOf = (problem: Problem | undefined) =>
  new Map([...(problem?.fields ?? [])].map(([target, code]) => [target.split('/').at(-1)!, code]))

/** A value that has stayed for a moment. */
function useSettled(value: string) {
  const [settled, setSettled] = useState(value)
  useEffect(() => {
    const timer = setTimeout(() => setSettled(value), SETTLED)
    return () => clearTimeout(timer)
  }, [value])
  return settled
}
