import { Button, Spinner } from '@fluentui/react-components'
import { ArrowDownloadRegular } from '@fluentui/react-icons'
import { useMutation } from '@tanstack/react-query'
import { api, dataOf } from '../api/client.ts'
import { queries } from '../api/queries.ts'
import { t } from '../words.ts'
import { saveFile } from './csv.ts'
import { fileOf, hasEnded, job } from './jobs.ts'
import { Refused } from './Refused.tsx'

interface Shown {
  /** The job that makes the file, and what narrows its list. */
  query: { kind: string } & Record<string, string>
  name: string
}

/** Saves a list as a file, all of it and not only what was scrolled to. */
export function ExportList({ query, name }: Shown) {
  const { mutate, isPending, error } = useMutation({
    mutationFn: async () => {
      // No file goes out: without a body the description's type of it does not hold.
      const { id } = await dataOf(api.POST('/bulk/jobs', { params: { query }, body: undefined as unknown as string }))
      let found = await queries.fetchQuery({ ...job(id!), staleTime: 0 })
      while (!hasEnded(found)) {
        await new Promise(resolve => setTimeout(resolve, 1_000))
        found = await queries.fetchQuery({ ...job(id!), staleTime: 0 })
      }
      saveFile(name, await fileOf(id!, 'content'))
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
