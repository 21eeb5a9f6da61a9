import { Field, Input } from '@fluentui/react-components'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { api, dataOf } from '../../api/client.ts'
import { Problem } from '../../api/problem.ts'
import { organization } from '../../api/queries.ts'
import { AskFirst } from '../../parts/AskFirst.tsx'
import { useDraft } from '../../parts/drafts.ts'
import { fieldError } from '../../parts/fieldError.ts'
import { SecretOnce } from '../../parts/SecretOnce.tsx'
import { t } from '../../words.ts'
import { makePassword } from './makePassword.ts'

/** Makes an account with a temporary password, which is shown once. */
export function AddPerson({ close }: { close: () => void }) {
  const queries = useQueryClient()
  const { data: company } = useQuery(organization)
  const [displayName, setDisplayName] = useDraft('person add name', '')
  const [userName, setUserName] = useDraft('person add user', '')
  const domains = (company as { verifiedDomains?: { name: string; isDefault: boolean }[] } | undefined)?.verifiedDomains
  const domain = domains?.find(({ isDefault }) => isDefault)?.name ?? ''
  const { mutate, isPending, error, data } = useMutation({
    mutationFn: async () => {
      const password = makePassword()
      const userPrincipalName = userName.includes('@') ? userName.trim() : `${userName.trim()}@${domain}`
      await dataOf(
        api.POST('/users', {
          body: {
            accountEnabled: true,
            displayName: displayName.trim(),
            userPrincipalName,
            passwordProfile: { password },
          },
        }),
      )
      return { password, userPrincipalName }
    },
    onSuccess: () => queries.invalidateQueries({ queryKey: ['people', 'list'] }),
  })
  const fields = error instanceof Problem ? error.fields : new Map<string, string>()
  return (
    <AskFirst
      title={t('admin.people.add.title')}
      verb={data ? undefined : t('admin.people.add.verb')}
      act={mutate}
      isActing={isPending}
      error={fields.size > 0 ? null : error}
      close={close}
    >
      {data ? (
        <SecretOnce secret={data.password} readTo={{}}>
          {t('admin.people.add.then', { name: data.userPrincipalName })}
        </SecretOnce>
      ) : (
        <>
          <Field label={t('admin.people.fields.displayName')} required {...fieldError(fields, 'displayName')}>
            <Input value={displayName} maxLength={256} onChange={(_, { value }) => setDisplayName(value)} />
          </Field>
          <Field
            label={t('admin.people.fields.userPrincipalName')}
            hint={t('admin.people.add.nameHint', { domain })}
            required
            {...fieldError(fields, 'userPrincipalName')}
          >
            <Input
              value={userName}
              maxLength={113}
              autoComplete="off"
              autoCapitalize="none"
              spellCheck={false}
              onChange={(_, { value }) => setUserName(value)}
            />
          </Field>
        </>
      )}
    </AskFirst>
  )
}
