import { Button, useRestoreFocusTarget } from '@fluentui/react-components'
import { useDraft } from '../../parts/drafts.ts'
import { MoreActs } from '../../parts/MoreActs.tsx'
import { PersonActDialog } from '../../parts/PersonActDialog.tsx'
import { type ActName, acts } from '../../parts/personActs.ts'
import type { person } from '../../parts/personQueries.ts'
import { t } from '../../words.ts'
import { EditPerson } from './EditPerson.tsx'

export type User = NonNullable<Awaited<ReturnType<NonNullable<ReturnType<typeof person>['queryFn']>>>>

interface Shown {
  user: User
  may: ReadonlySet<string>
}

/** What one may do to a person; what one may not is not offered. */
export function PersonActs({ user, may }: Shown) {
  // A dialog that closes gives the focus back to the button that opened it.
  const opens = useRestoreFocusTarget()
  const [asked, setAsked] = useDraft<ActName | undefined>(`person ${user.id} asked`, undefined)
  const [isEditing, setEditing] = useDraft(`person ${user.id} edit`, false)
  const offered = (Object.keys(acts) as ActName[]).filter(name => {
    const { action, fits } = acts[name]
    return may.has(action) && (fits?.(user) ?? true)
  })
  const [first, ...rest] = offered
  return (
    <div className="acts">
      {first && (
        <Button appearance="primary" {...opens} onClick={() => setAsked(first)}>
          {t(`admin.acts.${first}.open`)}
        </Button>
      )}
      {may.has('users.update') && (
        <Button {...opens} data-key="edit" onClick={() => setEditing(true)}>
          {t('admin.people.edit.open')}
        </Button>
      )}
      <MoreActs names={rest} titleOf={name => t(`admin.acts.${name}.open`)} choose={setAsked} />
      {asked && <PersonActDialog name={asked} user={user} close={() => setAsked(undefined)} />}
      {isEditing && <EditPerson user={user} close={() => setEditing(false)} />}
    </div>
  )
}
