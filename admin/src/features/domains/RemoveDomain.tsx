import { Checkbox } from '@fluentui/react-components'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { api } from '../../api/client.ts'
import { AskFirst } from '../../parts/AskFirst.tsx'
import { type Domain, domains } from '../../parts/domainQueries.ts'
import { t } from '../../words.ts'
import { peopleIn } from './queries.ts'

interface Shown {
  domain: Domain
  initial: string
  close: () => void
}

/** Removes a domain: at once where nobody has a name in it, else after its people were renamed. */
export function RemoveDomain({ domain: { id, isVerified }, initial, close }: Shown) {
  const queries = useQueryClient()
  const { data: count = 0, isPending: isCounting } = useQuery(peopleIn(id))
  const [disables, setDisables] = useState(true)
  const path = { params: { path: { id } } }
  const { mutate, isPending, error } = useMutation({
    mutationFn: async () => {
      if (count === 0) await api.DELETE('/domains/{id}', path)
      else await api.POST('/domains/{id}/forceDelete', { ...path, body: { disableUserAccounts: disables } })
    },
    onSuccess: async () => {
      close()
      await queries.invalidateQueries({ queryKey: domains.queryKey })
    },
  })
  return (
    <AskFirst
      title={t('admin.domains.remove.title', { domain: id })}
      verb={isCounting ? undefined : t('admin.domains.remove.open')}
      act={mutate}
      isActing={isPending}
      error={error}
      close={close}
    >
      {count === 0 ? (
        <p>{t(isVerified ? 'admin.domains.remove.unused' : 'admin.domains.remove.unproven')}</p>
      ) : (
        <>
          <p>{t('admin.domains.remove.used', { count, domain: id, initial })}</p>
          <Checkbox
            label={t('admin.domains.remove.disables')}
            checked={disables}
            onChange={(_, { checked }) => setDisables(checked === true)}
          />
        </>
      )}
    </AskFirst>
  )
}
