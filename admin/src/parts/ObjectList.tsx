import { Button, useRestoreFocusTarget } from '@fluentui/react-components'
import { AddRegular, DismissRegular } from '@fluentui/react-icons'
import { useInfiniteQuery, useMutation, useQueryClient } from '@tanstack/react-query'
import { useRef, useState } from 'react'
import { t } from '../words.ts'
import { AskFirst } from './AskFirst.tsx'
import { FindOne } from './FindOne.tsx'
import { Loading } from './Loading.tsx'
import { type DirectoryObject, type Kind, kindOf, objectsLike, objectsOf, type ReadObjects } from './objectQueries.ts'
import { Refused } from './Refused.tsx'
import { tell } from './toasts.ts'

interface Shown {
  title: string
  none: string
  /** Whose list, and which: what was read is kept by it. */
  listKey: readonly string[]
  read: ReadObjects
  /** What may be put into the list. Without `add` and `remove` it is only shown. */
  kinds: readonly Kind[]
  add?: ((id: string) => Promise<unknown>) | undefined
  remove?: ((id: string) => Promise<unknown>) | undefined
  /** What adding and removing mean. */
  adds: string
  removes: (name: string) => string
}

/** People, groups and applications that belong to something: added by name, removed one by one. */
export function ObjectList({ title, none, listKey, read, kinds, add, remove, adds, removes }: Shown) {
  const opens = useRestoreFocusTarget()
  const { data, error, refetch, hasNextPage, fetchNextPage } = useInfiniteQuery(objectsOf(listKey, read))
  const [isAdding, setAdding] = useState(false)
  const [leaving, setLeaving] = useState<DirectoryObject>()
  const heading = useRef<HTMLHeadingElement>(null)
  const rows = data?.pages.flatMap(page => page.rows)
  const count = data?.pages[0]?.count
  return (
    <section>
      <div className="head-small">
        <h3 ref={heading} tabIndex={-1}>
          {count === undefined ? title : t('admin.objects.counted', { title, count })}
        </h3>
        {add && (
          <Button {...opens} size="small" icon={<AddRegular />} onClick={() => setAdding(true)}>
            {t('admin.objects.add')}
          </Button>
        )}
      </div>
      {!rows && (error ? <Refused error={error} again={() => void refetch()} /> : <Loading rows={3} />)}
      {rows?.length === 0 && <p className="calm">{none}</p>}
      <ul className="rows objects">
        {rows?.map(object => (
          <li key={object.id}>
            <span className="two-lines">
              <b>{object.displayName}</b>
              <small>{object.userPrincipalName ?? t(`admin.objects.kinds.${kindOf(object)}`)}</small>
            </span>
            {remove && (
              <Button
                {...opens}
                appearance="subtle"
                size="small"
                icon={<DismissRegular />}
                aria-label={t('admin.objects.remove', { name: object.displayName })}
                onClick={() => setLeaving(object)}
              />
            )}
          </li>
        ))}
      </ul>
      {hasNextPage && <Button onClick={() => void fetchNextPage()}>{t('admin.objects.more')}</Button>}
      {isAdding && (
        <Change
          verb={t('admin.objects.add')}
          title={title}
          detail={adds}
          act={add!}
          undo={remove}
          told={name => t('admin.objects.added', { name })}
          kinds={kinds}
          close={() => setAdding(false)}
        />
      )}
      {leaving && (
        <Change
          verb={t('admin.objects.removeVerb')}
          title={t('admin.objects.remove', { name: leaving.displayName })}
          detail={removes(leaving.displayName)}
          act={remove!}
          undo={add}
          told={name => t('admin.objects.removed', { name })}
          object={leaving}
          close={() => setLeaving(undefined)}
          // The button that opened the dialog goes with its row, and would take the focus with it.
          then={() => heading.current?.focus()}
        />
      )}
    </section>
  )
}

interface Changed {
  verb: string
  title: string
  detail: string
  act: (id: string) => Promise<unknown>
  undo: ((id: string) => Promise<unknown>) | undefined
  /** What is told of it afterwards. */
  told: (name: string) => string
  close: () => void
  /** Who is removed; undefined: whoever is picked is added. */
  object?: DirectoryObject
  kinds?: readonly Kind[]
  then?: () => void
}

function Change({ verb, title, detail, act, undo, told, close, object, kinds = [], then }: Changed) {
  const queries = useQueryClient()
  const [picked, setPicked] = useState<{ id: string; displayName: string } | undefined>(object)
  const { mutate, isPending, error } = useMutation({
    mutationFn: async () => {
      if (picked) await act(picked.id)
    },
    onSuccess: async () => {
      if (!picked) return
      close()
      tell({ text: told(picked.displayName), undo: undo && (() => undo(picked.id)) })
      await queries.invalidateQueries()
      then?.()
    },
  })
  return (
    <AskFirst title={title} verb={verb} act={mutate} isActing={isPending} error={error} close={close}>
      <p>{detail}</p>
      {!object && (
        <FindOne
          label={t('admin.objects.who')}
          find={objectsLike(kinds)}
          choose={setPicked}
          unchoose={() => setPicked(undefined)}
        />
      )}
    </AskFirst>
  )
}
