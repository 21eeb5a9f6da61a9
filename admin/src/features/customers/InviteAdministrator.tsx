import { useMutation } from '@tanstack/react-query'
import { useState } from 'react'
import { api, dataOf } from '../../api/client.ts'
import { Problem } from '../../api/problem.ts'
import { AskFirst } from '../../parts/AskFirst.tsx'
import { exactly, t } from '../../words.ts'
import { AdministratorFields, emptyAdministrator } from './AdministratorFields.tsx'

/** Mails the first administrator of a company a new link, while nobody has joined it. */
export function InviteAdministrator({ id, name, close }: { id: string; name: string; close: () => void }) {
  const [administrator, setAdministrator] = useState(emptyAdministrator)
  const { mutate, isPending, error, data } = useMutation({
    mutationFn: () => {
      const { mail, ...names } = administrator
      return dataOf(
        api.POST('/partner/customers/{customerTenantId}/administratorInvitation', {
          params: { path: { customerTenantId: id } },
          body: { mail: mail.trim(), administrator: names },
        }),
      )
    },
  })
  const fields = error instanceof Problem ? error.fields : new Map<string, string>()
  return (
    <AskFirst
      title={t('admin.customers.invite.title', { customer: name })}
      verb={data ? undefined : t('admin.customers.invite.verb')}
      act={mutate}
      isActing={isPending}
      error={fields.size > 0 ? null : error}
      close={close}
    >
      {data ? (
        <p role="status">{t('admin.customers.invite.done', { when: exactly(data.invitationExpirationDateTime) })}</p>
      ) : (
        <>
          <p>{t('admin.customers.invite.detail')}</p>
          <AdministratorFields typed={administrator} change={setAdministrator} fields={fields} />
        </>
      )}
    </AskFirst>
  )
}
