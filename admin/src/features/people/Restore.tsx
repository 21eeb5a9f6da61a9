import { Button, useRestoreFocusTarget } from '@fluentui/react-components'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { api } from '../../api/client.ts'
import { AskFirst } from '../../parts/AskFirst.tsx'
import { t } from '../../words.ts'
import type { Row } from './queries.ts'

/** Brings a deleted person back, as they were. */
export function Restore({ row }: { row: Row }) {
  const opens = useRestoreFocusTarget()
  const queries = useQueryClient()
  const [isAsking, setAsking] = useState(false)
  const { mutate, isPending, error } = useMutation({
    mutationFn: () => api.POST('/directory/deletedItems/{id}/restore', { params: { path: { id: row.id } }, body: {} }),
    onSuccess: async () => {
      setAsking(false)
      await queries.invalidateQueries({ queryKey: ['people'] })
    },
  })
  return (
    <>
      <Button {...opens} size="small" onClick={() => setAsking(true)}>
        {t('admin.people.restore.open')}
      </Button>
      {isAsking && (
        <AskFirst
          title={t('admin.people.restore.title', { person: row.displayName })}
          verb={t('admin.people.restore.open')}
          act={mutate}
          isActing={isPending}
          error={error}
          close={() => setAsking(false)}
        >
          <p>{t('admin.people.restore.detail')}</p>
        </AskFirst>
      )}
    </>
  )
}
