import { Button, SearchBox } from '@fluentui/react-components'
import { useMutation, useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useState } from 'react'
import { allowedActions } from '../../api/queries.ts'
import { Refused } from '../../parts/Refused.tsx'
import { t } from '../../words.ts'
import { caseNumberIn, lookUp } from './queries.ts'

/** The code of a screen, or the number of a case that proved a mailbox: whoever it finds alone is opened at once. */
const ONE_PERSON = ['supportCode', 'caseNumber']

/** Finds a caller by anything that they say. Each look-up is an event of the log, so it waits for Enter. */
export function Find({ choose }: { choose: (id: string) => void }) {
  const [typed, setTyped] = useState('')
  const { mutate, data, variables, error, isPending, reset } = useMutation({
    mutationFn: lookUp,
    onSuccess: ({ hits: [first, ...rest] }) => {
      if (first && rest.length === 0 && ONE_PERSON.includes(first.matchedBy)) open(first.id)
    },
  })
  const number = caseNumberIn(variables ?? '')
  const { data: allowed } = useQuery(allowedActions)
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
          if (typed.trim().length > 1 && !isPending) mutate(typed.trim())
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
      {data?.isUnknownName && (
        <p role="status">
          <b>{t('admin.helpDesk.unknownName')}</b>{' '}
          {t(data.hits.length > 0 ? 'admin.helpDesk.didTheyMean' : 'admin.helpDesk.askSpelling')}
        </p>
      )}
      {data?.hits.length === 0 && !data.isUnknownName && (
        <p className="calm" role="status">
          {t('admin.helpDesk.nobody')}
        </p>
      )}
      {data?.hits.length === 0 && number && allowed?.value.includes('cases.read') && (
        <p>
          <Link to="/cases/$case" params={{ case: number }}>
            {t('admin.helpDesk.openCase', { number })}
          </Link>
        </p>
      )}
      <ul className="rows hits">
        {data?.hits.map(({ id, displayName, userPrincipalName, officeLocation, department, matchedBy }) => (
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
