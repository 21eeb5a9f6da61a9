import { Switch } from '@fluentui/react-components'
import { useMutation } from '@tanstack/react-query'
import { Refused } from './Refused.tsx'

interface Shown {
  label: string
  isOn: boolean
  turn: (isOn: boolean) => Promise<unknown>
  /** Reads anew what the server holds, whatever became of it. */
  reread: () => Promise<unknown>
}

/** A switch that turns in sight at once. Where the server refuses, it turns back with a mark and says why. */
export function SwitchAtOnce({ label, isOn, turn, reread }: Shown) {
  // Offline an answer of rereading never comes: the switch must not wait for it.
  const { mutate, isPending, error, variables } = useMutation({
    mutationFn: turn,
    onSuccess: reread,
    onError: () => void reread(),
  })
  return (
    <div {...(error && { className: 'undone' })}>
      {error && <Refused error={error} />}
      <Switch
        label={label}
        checked={isPending ? variables : isOn}
        onChange={(_, { checked }) => !isPending && mutate(checked)}
      />
    </div>
  )
}
