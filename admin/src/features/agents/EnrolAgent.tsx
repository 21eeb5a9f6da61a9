import { useMutation } from '@tanstack/react-query'
import { api, dataOf } from '../../api/client.ts'
import { AskFirst } from '../../parts/AskFirst.tsx'
import { SecretOnce } from '../../parts/SecretOnce.tsx'
import { t } from '../../words.ts'

/** Makes the command by which one agent enrols. Its token is shown once. */
export function EnrolAgent({ isFirst, close }: { isFirst: boolean; close: () => void }) {
  const { mutate, isPending, error, data } = useMutation({
    mutationFn: async () => {
      const { token } = await dataOf(api.POST('/onPremises/agentTokens', { body: {} }))
      return `latchkey-agent enroll --server ${location.origin} --token ${token} --state /var/lib/latchkey-agent`
    },
  })
  return (
    <AskFirst
      title={t('admin.agents.enrol.open')}
      verb={data ? undefined : t('admin.agents.enrol.verb')}
      act={mutate}
      isActing={isPending}
      error={error}
      close={close}
    >
      {data ? (
        <SecretOnce secret={data}>{t('admin.agents.enrol.then')}</SecretOnce>
      ) : (
        <>
          <p>{t('admin.agents.enrol.detail')}</p>
          {isFirst && <p>{t('admin.agents.enrol.first')}</p>}
        </>
      )}
    </AskFirst>
  )
}
