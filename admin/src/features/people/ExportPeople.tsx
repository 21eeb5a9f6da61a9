import { Button, Spinner } from '@fluentui/react-components'
import { ArrowDownloadRegular } from '@fluentui/react-icons'
import { useMutation } from '@tanstack/react-query'
import { api, dataOf } from '../../api/client.ts'
import { queries } from '../../api/queries.ts'
import { saveFile } from '../../parts/csv.ts'
import { fileOf, hasEnded, job } from '../../parts/jobs.ts'
import { Refused } from '../../parts/Refused.tsx'
import { t } from '../../words.ts'
import { type PeopleSearch, queryOf } from './address.ts'

const COLUMNS =
  'id,userPrincipalName,displayName,givenName,surname,jobTitle,department,officeLocation,mail,accountEnabled,createdDateTime'

/** Saves the people of a view as a file, all of them and not only those that were scrolled to. */
export function ExportPeople({ search }: { search: Partial<PeopleSearch> }) {
  const { mutate, isPending, error } = useMutation({
    mutationFn: async () => {
      const query = { kind: 'usersExport', ...queryOf(search), $select: COLUMNS }
      // No file goes out: without a body the description's type of it does not hold.
      const { id } = await dataOf(api.POST('/bulk/jobs', { params: { query }, body: undefined as unknown as string }))
      let found = await queries.fetchQuery({ ...job(id!), staleTime: 0 })
      while (!hasEnded(found)) {
        await new Promise(resolve => setTimeout(resolve, 1_000))
        found = await queries.fetchQuery({ ...job(id!), staleTime: 0 })
      }
      saveFile('people.csv', await fileOf(id!, 'content'))
    },
  })
  return (
    <>
      <Button
        icon={isPending ? <Spinner size="tiny" aria-hidden="true" /> : <ArrowDownloadRegular />}
        disabledFocusable={isPending}
        onClick={() => mutate()}
      >
        {t('admin.people.export')}
      </Button>
      {error && <Refused error={error} />}
    </>
  )
}
