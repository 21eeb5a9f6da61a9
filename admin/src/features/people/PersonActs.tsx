import {
  Button,
  Menu,
  MenuButton,
  MenuItem,
  MenuList,
  MenuPopover,
  MenuTrigger,
  useRestoreFocusTarget,
} from '@fluentui/react-components'
import { MoreHorizontalRegular } from '@fluentui/react-icons'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { useState } from 'react'
import { AskFirst } from '../../parts/AskFirst.tsx'
import { SecretOnce } from '../../parts/SecretOnce.tsx'
import { t } from '../../words.ts'
import { type ActName, acts } from './acts.ts'
import { EditPerson } from './EditPerson.tsx'
import type { person } from './queries.ts'

export type User = NonNullable<Awaited<ReturnType<NonNullable<ReturnType<typeof person>['queryFn']>>>>

interface Shown {
  user: User
  may: ReadonlySet<string>
}

/** What one may do to a person; what one may not is not offered. */
export function PersonActs({ user, may }: Shown) {
  // A dialog that closes gives the focus back to the button that opened it.
  const opens = useRestoreFocusTarget()
  const [asked, setAsked] = useState<ActName>()
  const [isEditing, setEditing] = useState(false)
  const offered = (Object.keys(acts) as ActName[]).filter(name => {
    const { action, fits } = acts[name]
    return may.has(action) && (fits?.(user) ?? true)
  })
  const [first, ...rest] = offered
  return (
    <div className="acts">
      {first && (
        <Button appearance="primary" {...opens} onClick={() => setAsked(first)}>
          {t(`admin.people.acts.${first}.open`)}
        </Button>
      )}
      {may.has('users.update') && (
        <Button {...opens} onClick={() => setEditing(true)}>
          {t('admin.people.edit.open')}
        </Button>
      )}
      {rest.length > 0 && (
        <Menu>
          <MenuTrigger disableButtonEnhancement>
            <MenuButton
              {...opens}
              icon={<MoreHorizontalRegular />}
              menuIcon={null}
              aria-label={t('admin.people.moreActs')}
            />
          </MenuTrigger>
          <MenuPopover>
            <MenuList>
              {rest.map(name => (
                <MenuItem key={name} onClick={() => setAsked(name)}>
                  {t(`admin.people.acts.${name}.open`)}
                </MenuItem>
              ))}
            </MenuList>
          </MenuPopover>
        </Menu>
      )}
      {asked && <Asked name={asked} user={user} close={() => setAsked(undefined)} />}
      {isEditing && <EditPerson user={user} close={() => setEditing(false)} />}
    </div>
  )
}

function Asked({ name, user, close }: { name: ActName; user: User; close: () => void }) {
  const queries = useQueryClient()
  const navigate = useNavigate()
  const { mutate, isPending, error, data, isSuccess } = useMutation({
    mutationFn: () => acts[name].act(user.id!),
    onSuccess: async secret => {
      await queries.invalidateQueries({ queryKey: ['people'] })
      if (acts[name].leaves) await navigate({ to: '/people', search: true })
      if (secret === undefined) close()
    },
  })
  const words = { person: user.displayName ?? '' }
  const secret = isSuccess ? data : undefined
  return (
    <AskFirst
      title={t(
        secret === undefined ? `admin.people.acts.${name}.title` : 'admin.people.acts.temporaryPassword.done',
        words,
      )}
      verb={secret === undefined ? t(`admin.people.acts.${name}.verb`) : undefined}
      act={mutate}
      isActing={isPending}
      error={error}
      close={close}
    >
      {secret === undefined ? (
        <p>{t(`admin.people.acts.${name}.detail`, words)}</p>
      ) : (
        <SecretOnce secret={secret}>{t('admin.people.acts.temporaryPassword.then')}</SecretOnce>
      )}
    </AskFirst>
  )
}
