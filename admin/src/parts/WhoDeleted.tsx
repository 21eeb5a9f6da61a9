import { useQuery } from '@tanstack/react-query'
import { allowedActions } from '../api/queries.ts'
import { exactly, t } from '../words.ts'
import { lastChange } from './lastChange.ts'

interface Shown {
  id: string
  activity: 'user.deleted' | 'group.deleted' | 'application.deleted' | 'policy.deleted'
}

/** Who deleted what is not here any more, and when, where one may read the log. */
export function WhoDeleted({ id, activity }: Shown) {
  const { data: allowed } = useQuery(allowedActions)
  const mayRead = allowed?.byRole.includes('audit.read') ?? false
  const { data: last } = useQuery({ ...lastChange(id, activity), enabled: mayRead })
  if (!last) return null
  const when = exactly(last.at)
  return (
    <p>
      {last.name === ''
        ? t('admin.objects.deletedAt', { when })
        : t('admin.objects.deletedBy', { person: last.name, when })}
    </p>
  )
}
