import { Button, Field, Textarea } from '@fluentui/react-components'
import { DismissRegular } from '@fluentui/react-icons'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { api, dataOf } from '../../api/client.ts'
import { Refused } from '../../parts/Refused.tsx'
import { number, t } from '../../words.ts'
import { bannedWords } from './queries.ts'

/** The words that no password of the company may be made of. A refused removal puts its word back, in sight. */
export function BannedWords({ isReadOnly }: { isReadOnly: boolean }) {
  const queries = useQueryClient()
  const { data: words, error: readError, refetch } = useQuery(bannedWords)
  const [typed, setTyped] = useState('')
  const add = useMutation({
    mutationFn: () => {
      const asked = typed
        .split(/[\n,、]/)
        .map(word => word.trim())
        .filter(word => word !== '')
      return dataOf(
        api.POST('/policies/passwordProtectionPolicy/bannedWords/add', { body: { words: asked.slice(0, 1_000) } }),
      )
    },
    onSuccess: async ({ refused }) => {
      // What was refused stays, to be mended.
      setTyped(refused.map(({ word }) => word).join('\n'))
      await queries.invalidateQueries({ queryKey: bannedWords.queryKey })
    },
  })
  const remove = useMutation({
    mutationFn: (word: string) =>
      dataOf(api.POST('/policies/passwordProtectionPolicy/bannedWords/remove', { body: { words: [word] } })),
    onMutate: async word => {
      await queries.cancelQueries({ queryKey: bannedWords.queryKey })
      const before = queries.getQueryData(bannedWords.queryKey)
      queries.setQueryData(bannedWords.queryKey, (now = []) => now.filter(one => one !== word))
      return { before }
    },
    // Offline nothing could be read anew: what was taken away in sight comes back by itself.
    onError: (_, __, shown) => queries.setQueryData(bannedWords.queryKey, shown?.before),
    onSettled: () => queries.invalidateQueries({ queryKey: bannedWords.queryKey }),
  })
  const error = add.error ?? remove.error
  return (
    <section aria-labelledby="banned" className="settings">
      <h3 id="banned">{t('admin.policies.banned.title')}</h3>
      <p className="calm">{t('admin.policies.banned.why')}</p>
      {readError && !words && <Refused error={readError} again={() => void refetch()} />}
      {error && <Refused error={error} />}
      <ul className="plain picked">
        {words?.map(word => (
          <li key={word} {...(remove.isError && remove.variables === word && { className: 'undone' })}>
            {word}
            {!isReadOnly && (
              <Button
                appearance="subtle"
                size="small"
                icon={<DismissRegular />}
                aria-label={t('admin.policies.banned.remove', { word })}
                onClick={() => remove.mutate(word)}
              />
            )}
          </li>
        ))}
        {words?.length === 0 && <li className="calm">{t('admin.policies.banned.none')}</li>}
      </ul>
      {!isReadOnly && (
        <div className="asked">
          <Field label={t('admin.policies.banned.add')} hint={t('admin.policies.banned.hint')}>
            <Textarea value={typed} onChange={(_, { value }) => setTyped(value)} />
          </Field>
          {add.data && (
            <div role="status">
              <p>{t('admin.policies.banned.added', { count: add.data.added.length })}</p>
              {add.data.refused.map(({ line, word, why }) => (
                <p key={line} className="danger">
                  {t('admin.policies.banned.refused', { line: number(line), word })}{' '}
                  {t(`admin.policies.banned.reasons.${why as 'too_short'}`)}
                </p>
              ))}
            </div>
          )}
          <Button disabledFocusable={typed.trim() === '' || add.isPending} onClick={() => add.mutate()}>
            {t('admin.policies.banned.verb')}
          </Button>
        </div>
      )}
    </section>
  )
}
