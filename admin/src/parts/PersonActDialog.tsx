import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { day, number, t } from '../words.ts'
import { AskFirst } from './AskFirst.tsx'
import { type ActName, acts, isSecretAct } from './personActs.ts'
import { belongings, person } from './personQueries.ts'
import { SecretOnce } from './SecretOnce.tsx'
import { tell } from './toasts.ts'

interface Shown {
  name: ActName
  user: { id?: string; displayName?: string; preferredLanguage?: string | null }
  /** How the agent knows that it is them, where a caller was checked. */
  callerCheckId?: string | undefined
  close: () => void
}

/** Tells what an act does to a person, does it, and shows the secret that it gives, once. */
export function PersonActDialog({ name, user, callerCheckId, close }: Shown) {
  const queries = useQueryClient()
  const navigate = useNavigate()
  const { mutate, isPending, error, data, isSuccess } = useMutation({
    mutationFn: () => acts[name].act(user.id!, callerCheckId),
    onSuccess: async secret => {
      // Whoever is gone is not read again.
      if (acts[name].leaves) await navigate({ to: '/people', search: true })
      await queries.invalidateQueries({ queryKey: ['people'] })
      if (secret === undefined && !isElsewhere) close()
      if (isSecretAct(name)) return
      const { undo } = acts[name]
      // As one's own act left them: the page has read them anew by now.
      const left = queries.getQueryData<{ '@odata.etag'?: string }>(person(user.id!).queryKey)
      tell({ text: t(`admin.acts.${name}.told`, words), undo: undo && (() => undo(user.id!, left?.['@odata.etag'])) })
    },
  })
  const isElsewhere = isSecretAct(name) && callerCheckId !== undefined
  const secretName = isSecretAct(name) ? name : 'temporaryPassword'
  const words = { person: user.displayName ?? '' }
  const secret = isSuccess ? data : undefined
  const isDone = secret !== undefined || (isSuccess && isElsewhere)
  return (
    <AskFirst
      title={t(isDone ? `admin.acts.${secretName}.done` : `admin.acts.${name}.title`, words)}
      verb={isDone ? undefined : t(`admin.acts.${name}.verb`)}
      act={mutate}
      isActing={isPending}
      error={error}
      close={close}
    >
      {secret !== undefined && (
        <SecretOnce secret={secret} readTo={user}>
          {t(`admin.acts.${secretName}.then`)}
        </SecretOnce>
      )}
      {isDone && secret === undefined && <p role="status">{t(`admin.acts.${secretName}.onTheirPage`)}</p>}
      {!isDone && <p>{t(`admin.acts.${name}.detail`, words)}</p>}
      {name === 'remove' && <Restorable id={user.id!} isActing={isPending} />}
    </AskFirst>
  )
}

/** Milliseconds in which whoever was deleted can be restored. */
const RESTORABLE = 30 * 86_400_000

/** What rests with somebody who is deleted, and until when it comes back. */
function Restorable({ id, isActing }: { id: string; isActing: boolean }) {
  // Whoever is gone is not read again.
  const { data } = useQuery({ ...belongings(id), enabled: !isActing })
  if (!data?.isWhole) return null
  return (
    <p>
      {t('admin.acts.remove.rests', {
        groups: number(data.groups.length),
        roles: number(data.roles.length),
        day: day(new Date(Date.now() + RESTORABLE)),
      })}
    </p>
  )
}
