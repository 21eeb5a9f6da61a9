import { useMutation } from '@tanstack/react-query'
import { useState } from 'react'
import { Problem } from '../api/problem.ts'
import { changesOf, type Difference, type Draft, differencesOf, settle } from './draft.ts'
import { useDraft } from './drafts.ts'

/** What a form is about, as it was read, and what tells this state of it from another. */
export interface Read<T> {
  values: T
  etag: string | undefined
}

interface Edited<T> {
  /** What tells the form from others of the page. */
  name: string
  read: Read<T>
  /** Reads it anew; null where it is gone. */
  newest: () => Promise<Read<T> | null>
  /** Saves it where nobody else has changed it since `etag`. `changes`: what differs from what was read, `before`. */
  save: (form: { values: T; changes: Draft<T>; before: T; etag: string | undefined }) => Promise<string>
  saved: (id: string) => unknown
}

/** Edits something that others may change meanwhile: what one of them saved is shown beside it, and nothing typed is lost. */
export function useEdit<T extends object>({ name, read, newest, save, saved }: Edited<T>) {
  // What the changes began from stays, however often the page reads it anew, or a change of somebody else would be
  // overwritten unseen.
  const [began, setBegan] = useDraft(`${name} began`, read)
  const [typed, setTyped] = useDraft<Draft<T>>(`${name} typed`, {})
  const [theirs, setTheirs] = useState<Read<T>>()
  const values = { ...began.values, ...typed }
  const { mutate, isPending, error, reset } = useMutation({
    mutationFn: () => save({ values, changes: changesOf(began.values, typed), before: began.values, etag: began.etag }),
    onSuccess: saved,
    onError: async refused => {
      if (!(refused instanceof Problem) || refused.status !== 412) return
      const found = await newest()
      if (found) setTheirs(found)
    },
  })
  const differences = theirs && differencesOf(began.values, theirs.values, typed)
  return {
    values,
    /** What differs from what was read. */
    changes: changesOf(began.values, typed),
    set: <Name extends keyof T>(one: Name, value: T[Name]) => setTyped(before => ({ ...before, [one]: value })),
    save: mutate,
    isSaving: isPending,
    error,
    /** What the server refuses: the code of each value, as it names it. */
    fields: error instanceof Problem ? error.fields : new Map<string, string>(),
    conflict: theirs &&
      differences && {
        differences: differences as Difference<T>[],
        /** Goes on from what somebody else saved, with what is still to be saved over it. */
        choose: (chosen: Record<string, 'theirs' | 'mine'>) => {
          setBegan(theirs)
          setTyped(settle(theirs.values, differences, chosen))
          setTheirs(undefined)
          reset()
        },
        leave: () => setTheirs(undefined),
      },
  }
}
export type Edit<T extends object> = ReturnType<typeof useEdit<T>>
