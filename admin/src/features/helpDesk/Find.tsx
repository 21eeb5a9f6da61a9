import { Button, SearchBox } from '@fluentui/react-components'
import { useMutation } from '@tanstack/react-query'
import { useState } from 'react'
import { Refused } from '../../parts/Refused.tsx'
import { t } from '../../words.ts'
import { lookUp } from './queries.ts'

/** The code of a screen, or the number of a case: whoever it finds alone is opened at once. */
const ONE_PERSON = ['supportCode', 'caseNumber']

/** Finds a caller by anything that they say. Each look-up is an event of the log, so it waits for Enter. */
export function Find({ choose }: { choose: (id: string) => void }) {
  const [typed, setTyped] = useState('')
  const { mutate, data, error, isPending, reset } = useMutation({
    mutationFn: lookUp,
    onSuccess: ([first, ...rest]) => {
      if (first && rest.length === 0 && ONE_PERSON.includes(first.matchedBy)) open(first.id)
    },
  })
  const open = (id: string) => {
    reset()
    choose(id)
  }
  return (
    <search>
      <form
        className="ask"
        onSubmit={event => {
          event.preventDefault()
          if (typed.trim().length > 1) mutate(typed.trim())
        }}
      >
        <SearchBox
          className="find find-wide"
          size="large"
          autoFocus
          value={typed}
          placeholder={t('admin.helpDesk.find')}
          aria-label={t('admin.helpDesk.find')}
          onChange={(_, { value }) => setTyped(value)}
        />
        <Button type="submit" size="large" disabledFocusable={isPending}>
          {t('admin.helpDesk.look')}
        </Button>
      </form>
      {error && <Refused error={error} />}
      {data?.length === 0 && (
        <p className="calm" role="status">
          {t('admin.helpDesk.nobody')}
        </p>
      )}
      <ul className="rows hits">
        {data?.map(({ id, displayName, userPrincipalName, officeLocation, department, matchedBy }) => (
          <li key={id}>
            <Button appearance="subtle" className="hit" onClick={() => open(id)}>
              <b>{displayName}</b>
              <span>{[userPrincipalName, department, officeLocation].filter(Boolean).join(' · ')}</span>
            </Button>
            <span className="tag">{t(`admin.helpDesk.matchedBy.${matchedBy}`)}</span>
          </li>
        ))}
      </ul>
    </search>
  )
}
