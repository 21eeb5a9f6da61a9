import { useQuery } from '@tanstack/react-query'
import { allowedActions } from '../api/queries.ts'
import { ConflictDialog } from './ConflictDialog.tsx'
import { lastChange, saidLast } from './lastChange.ts'
import type { Edit } from './useEdit.ts'

interface Shown<T extends object> {
  conflict: NonNullable<Edit<T>['conflict']>
  /** By which the log names what is edited, where there are several, and the activity of its change. */
  id?: string
  activity: string
  labelOf: (name: keyof T & string) => string
  /** A value in words, where it is no text. */
  say?: (name: keyof T & string, value: unknown) => string
}

/** Shows what somebody else saved meanwhile beside what one was about to save. */
export function EditConflict<T extends object>({
  conflict,
  id,
  activity,
  labelOf,
  say = (_, value) => String(value),
}: Shown<T>) {
  const { data: allowed } = useQuery(allowedActions)
  const mayRead = allowed?.value.includes('audit.read') ?? false
  const { data: last } = useQuery({ ...lastChange(id, activity), enabled: mayRead })
  return (
    <ConflictDialog
      by={saidLast(last)}
      rows={conflict.differences.map(({ name, before, theirs, mine }) => {
        const said = (value: unknown) => say(name as keyof T & string, value) || '–'
        return {
          name: String(name),
          label: labelOf(name as keyof T & string),
          before: said(before),
          theirs: said(theirs),
          mine: said(mine),
        }
      })}
      choose={conflict.choose}
      close={conflict.leave}
    />
  )
}
