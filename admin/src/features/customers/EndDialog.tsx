import { useMutation, useQueryClient } from '@tanstack/react-query'
import { AskFirst } from '../../parts/AskFirst.tsx'

interface Ending {
  title: string
  verb: string
  /** What ends with it, and what stays. */
  detail: string
  end: () => Promise<unknown>
  close: () => void
}

/** Ends something with another company. The row that opened it goes with it. */
export function EndDialog({ title, verb, detail, end, close }: Ending) {
  const queries = useQueryClient()
  const { mutate, isPending, error } = useMutation({
    mutationFn: end,
    onSuccess: async () => {
      close()
      await queries.invalidateQueries({ queryKey: ['customers'] })
      document.querySelector('h1')?.focus()
    },
  })
  return (
    <AskFirst title={title} verb={verb} act={mutate} isActing={isPending} error={error} close={close}>
      <p>{detail}</p>
    </AskFirst>
  )
}
