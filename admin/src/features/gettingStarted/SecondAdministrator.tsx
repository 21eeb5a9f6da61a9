import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { api } from '../../api/client.ts'
import { AskFirst } from '../../parts/AskFirst.tsx'
import { FindOne } from '../../parts/FindOne.tsx'
import { peopleLike } from '../../parts/personQueries.ts'
import { GLOBAL_ADMINISTRATOR } from '../../parts/roleIds.ts'
import { t } from '../../words.ts'

/** Makes somebody else a Global Administrator. */
export function SecondAdministrator() {
  const queries = useQueryClient()
  const [person, setPerson] = useState<{ id: string; displayName: string }>()
  const { mutate, isPending, error, reset } = useMutation({
    mutationFn: () =>
      api.POST('/roleManagement/directory/roleAssignments', {
        body: { roleDefinitionId: GLOBAL_ADMINISTRATOR, principalId: person!.id, directoryScopeId: '/' },
      }),
    onSuccess: async () => {
      await queries.invalidateQueries({ queryKey: ['started'] })
      void queries.invalidateQueries({ queryKey: ['roles'] })
      setPerson(undefined)
    },
  })
  return (
    <>
      <FindOne label={t('admin.started.administrator.person')} find={peopleLike} choose={setPerson} />
      {person && (
        <AskFirst
          title={t('admin.started.administrator.title', { person: person.displayName })}
          verb={t('admin.started.administrator.verb')}
          act={mutate}
          isActing={isPending}
          error={error}
          close={() => {
            reset()
            setPerson(undefined)
          }}
        >
          <p>{t('admin.started.administrator.detail')}</p>
        </AskFirst>
      )}
    </>
  )
}
