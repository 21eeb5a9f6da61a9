import { Button, Field, Input, Switch } from '@fluentui/react-components'
import { FilterRegular } from '@fluentui/react-icons'
import { useInfiniteQuery, useQuery, useQueryClient } from '@tanstack/react-query'
import { Outlet, useNavigate, useParams, useSearch } from '@tanstack/react-router'
import { useEffect, useState } from 'react'
import { PAGE } from '../../api/pages.ts'
import { NotHere } from '../../frame/NotHere.tsx'
import { activityName } from '../../parts/activityName.ts'
import { Choice } from '../../parts/Choice.tsx'
import { FilterSheet, useIsPhone } from '../../parts/FilterSheet.tsx'
import { FindBox } from '../../parts/FindBox.tsx'
import { LearnMore } from '../../parts/LearnMore.tsx'
import { PagedTable } from '../../parts/PagedTable.tsx'
import { currentLanguage, i18n, t } from '../../words.ts'
import { type Log, type LogSearch, logs } from './address.ts'
import { columnsOf, signInCodes } from './columns.tsx'
import { entries, momentOf, newEntries } from './queries.ts'

/** What happened, newest first, and as it happens. */
export function LogsPage() {
  const { log, entry: open } = useParams({ strict: false }) as { log?: string; entry?: string }
  const name = logs.find(one => one === log)
  if (!name) return <NotHere />
  return (
    <div className={open ? 'split split-open' : 'split'}>
      <div className="page" key={name}>
        <div className="head">
          <div>
            <h1 tabIndex={-1}>{t(`admin.logs.titles.${name}`)}</h1>
            <LearnMore topic="troubleshooting" />
          </div>
        </div>
        <Entries log={name} open={open} />
      </div>
      <Outlet />
    </div>
  )
}

/** Changes what the address says of a log. */
function useNarrow(log: Log) {
  const search = useSearch({ from: '/logs/$log' })
  const navigate = useNavigate()
  return (changes: { [name in keyof LogSearch]?: LogSearch[name] | undefined }) => {
    const all = Object.entries({ ...search, ...changes }).filter(([, value]) => value !== undefined)
    void navigate({ to: '/logs/$log', params: { log }, search: Object.fromEntries(all) })
  }
}

function Entries({ log, open }: { log: Log; open: string | undefined }) {
  const search = useSearch({ from: '/logs/$log' })
  const narrow = useNarrow(log)
  const queries = useQueryClient()
  const list = useInfiniteQuery(entries(log, search))
  // Rows that somebody reads must not move away under them.
  const [isScrolled, setScrolled] = useState(false)
  const isPhone = useIsPhone()
  const [isFiltering, setFiltering] = useState(false)
  // A sheet that a wide window took away does not come back by itself.
  if (isFiltering && !isPhone) setFiltering(false)
  const pages = list.data?.pages
  const newest = pages?.[0]?.rows[0]
  const since = pages && (newest ? momentOf(newest) : new Date(list.dataUpdatedAt).toISOString())
  const fresh = useQuery({
    ...newEntries(log, search, since),
    ...(isScrolled && { refetchInterval: false as const }),
  })
  const known = new Set(pages?.flatMap(({ rows }) => rows.map(({ id }) => id)))
  const added = search.live ? (fresh.data ?? []).filter(({ id }) => !known.has(id)) : []
  const isTooMany = added.length >= PAGE
  useEffect(() => {
    // More came than one page holds: the list begins anew, or entries between would be missing.
    if (isTooMany) void queries.resetQueries({ queryKey: ['logs', log] })
  }, [isTooMany, queries, log])
  const { live: _, ...narrowed } = search
  const isNarrowed = Object.keys(narrowed).length > 0
  const clear = () => narrow(Object.fromEntries(Object.keys(narrowed).map(name => [name, undefined])))
  return (
    <div onScrollCapture={({ target }) => setScrolled((target as HTMLElement).scrollTop > 0)}>
      <div className="filters">
        {!isPhone && <LogFilters log={log} />}
        {isPhone && (
          <Button icon={<FilterRegular />} onClick={() => setFiltering(true)}>
            {isNarrowed
              ? t('admin.objects.filters.openSet', { count: Object.keys(narrowed).length })
              : t('admin.objects.filters.open')}
          </Button>
        )}
        {isPhone && isFiltering && (
          <FilterSheet close={() => setFiltering(false)}>
            <LogFilters log={log} />
          </FilterSheet>
        )}
        <Switch
          checked={search.live ?? false}
          onChange={(_, { checked }) => narrow({ live: checked || undefined })}
          label={t(search.live && isScrolled ? 'admin.logs.paused' : 'admin.logs.live')}
        />
        {isNarrowed && <Button onClick={clear}>{t('admin.logs.clear')}</Button>}
      </div>
      <PagedTable
        label={t(`admin.logs.titles.${log}`)}
        columns={columnsOf(log, { search, open })}
        list={{
          ...list,
          data: list.data && {
            ...list.data,
            pages: [{ rows: added, count: undefined, next: null }, ...list.data.pages],
          },
        }}
        open={open}
        empty={<p className="calm">{t(isNarrowed ? 'admin.logs.noMatch' : 'admin.logs.none')}</p>}
        foot={(shown, count) => t(list.hasNextPage ? 'admin.logs.shownMore' : 'admin.logs.shown', { count, shown })}
      />
    </div>
  )
}

function LogFilters({ log }: { log: Log }) {
  const search = useSearch({ from: '/logs/$log' })
  const narrow = useNarrow(log)
  return (
    <>
      {(['from', 'to'] as const).map(end => (
        <Field key={end} label={t(`admin.reports.filters.${end}`)}>
          <Input
            type="date"
            value={search[end] ?? ''}
            onChange={(_, { value }) => narrow({ [end]: value || undefined })}
          />
        </Field>
      ))}
      <Field label={t(log === 'audit' ? 'admin.logs.who' : 'admin.logs.person')}>
        <FindBox
          q={search.who ?? ''}
          label={t('admin.logs.wholeName')}
          find={who => narrow({ who: who.trim() || undefined })}
        />
      </Field>
      {log === 'audit' ? (
        <>
          <Choice
            label={t('admin.logs.activity')}
            value={search.activity}
            options={activities()}
            choose={activity => narrow({ activity })}
          />
          <Choice
            label={t('admin.logs.result')}
            value={search.result}
            options={(['success', 'failure'] as const).map(result => [result, t(`admin.logs.results.${result}`)])}
            choose={result => narrow({ result })}
          />
        </>
      ) : (
        <>
          <Choice
            label={t('admin.logs.result')}
            value={search.result}
            options={signInCodes()}
            choose={result => narrow({ result })}
          />
          <Field label={t('admin.logs.ip')}>
            <FindBox
              q={search.ip ?? ''}
              label={t('admin.logs.wholeAddress')}
              find={ip => narrow({ ip: ip.trim() || undefined })}
            />
          </Field>
        </>
      )}
    </>
  )
}

/** Every activity but those of the other log, in the order of the reader's language. */
function activities(): [string, string][] {
  const { activities } = i18n.getResourceBundle(currentLanguage(), 'words').admin as {
    activities: Record<string, string>
  }
  return (
    Object.keys(activities)
      .filter(key => !key.startsWith('signin_'))
      // The first word is the kind, and the rest the event: `group.member_added`.
      .map((key): [string, string] => [nameOf(key), activityName(nameOf(key))])
      .sort(([, one], [, other]) => one.localeCompare(other, currentLanguage()))
  )
}

/** The name of an activity by its key; `recovery_codes` alone has two words before the point. */
const nameOf = (key: string) => key.replace(/^(recovery_codes|[^_]+)_/, '$1.')
