import { Button, SearchBox, Tab, TabList } from '@fluentui/react-components'
import { AddRegular } from '@fluentui/react-icons'
import { useQuery } from '@tanstack/react-query'
import { Outlet, useNavigate, useParams, useSearch } from '@tanstack/react-router'
import { useEffect, useState } from 'react'
import { allowedActions } from '../../api/queries.ts'
import { t } from '../../words.ts'
import { AddPerson } from './AddPerson.tsx'
import { type PeopleSearch, views, viewsOfStates } from './address.ts'
import { PeopleTable } from './PeopleTable.tsx'

/** Milliseconds after the last letter until the list is asked for. */
const TYPED = 250

/** Find anyone, see if they are all right, change them. */
export function PeoplePage() {
  const search = useSearch({ from: '/people' })
  const { person } = useParams({ strict: false }) as { person?: string }
  const navigate = useNavigate()
  const { data: allowed } = useQuery(allowedActions)
  const mayReadStates = allowed?.value.includes('readiness.read') ?? false
  const [isAdding, setAdding] = useState(false)
  const offered = views.filter(view => mayReadStates || !viewsOfStates.includes(view))
  const go = (changes: Partial<PeopleSearch>) =>
    void navigate({ to: '/people', search: { ...search, ...changes }, replace: 'q' in changes })
  return (
    <div className={person ? 'split split-open' : 'split'}>
      <div className="page">
        <div className="head">
          <h1 tabIndex={-1}>{t('admin.people.title')}</h1>
          {allowed?.value.includes('users.create') && (
            <Button appearance="primary" icon={<AddRegular />} onClick={() => setAdding(true)}>
              {t('admin.people.add.open')}
            </Button>
          )}
        </div>
        <TabList
          selectedValue={search.view ?? 'everyone'}
          onTabSelect={(_, { value }) => go({ view: value as PeopleSearch['view'] })}
        >
          {offered.map(view => (
            <Tab key={view} value={view}>
              {t(`admin.people.views.${view}`)}
            </Tab>
          ))}
        </TabList>
        <div className="filters">
          <Find q={search.q ?? ''} go={go} />
        </div>
        {allowed && (
          <PeopleTable
            search={search}
            open={person}
            withStates={mayReadStates}
            clear={() => go({ q: '', view: 'everyone' })}
          />
        )}
      </div>
      <Outlet />
      {isAdding && <AddPerson close={() => setAdding(false)} />}
    </div>
  )
}

/** What is typed stands in the address a moment after the last letter. */
function Find({ q, go }: { q: string; go: (changes: Partial<PeopleSearch>) => void }) {
  const [typed, setTyped] = useState(q)
  // biome-ignore lint/correctness/useExhaustiveDependencies: the address changes by typing, and never the other way round but by Back
  useEffect(() => {
    if (typed === q) return
    const timer = setTimeout(() => go({ q: typed }), TYPED)
    return () => clearTimeout(timer)
  }, [typed])
  useEffect(() => setTyped(current => (current.trim() === q ? current : q)), [q])
  return (
    <SearchBox
      className="find"
      value={typed}
      placeholder={t('admin.people.find')}
      aria-label={t('admin.people.find')}
      onChange={(_, { value }) => setTyped(value)}
    />
  )
}
