import { Link } from '@tanstack/react-router'
import { activityName } from '../../parts/activityName.ts'
import { actorName } from '../../parts/actorName.ts'
import type { Column } from '../../parts/PagedTable.tsx'
import { targetName } from '../../parts/targetName.ts'
import { exactly, i18n, moment, t } from '../../words.ts'
import type { Log, LogSearch } from './address.ts'
import { type Entry, momentOf } from './queries.ts'

interface Shown {
  search: LogSearch
  open: string | undefined
}

/** The columns of a log. A phone shows the first and the third. */
export function columnsOf(log: Log, { search, open }: Shown): Column<Entry>[] {
  const link = (entry: Entry, title: string, detail: string) => (
    <Link
      to="/logs/$log/$entry"
      params={{ log, entry: entry.id }}
      search={search}
      className="two-lines"
      id={`entry-${entry.id}`}
      {...(entry.id === open && { 'aria-current': 'true' })}
    >
      <b>{title}</b>
      <small>{detail}</small>
    </Link>
  )
  const when: Column<Entry> = {
    title: t('admin.logs.when'),
    cell: entry => (
      <time dateTime={momentOf(entry)} title={exactly(momentOf(entry))}>
        {moment(momentOf(entry))}
      </time>
    ),
  }
  if (log === 'audit')
    return [
      {
        title: t('admin.logs.activity'),
        cell: entry => link(entry, activityName(entry.activity ?? ''), targetOf(entry)),
      },
      { title: t('admin.logs.result'), cell: entry => <Result isGood={entry.result !== 'failure'} /> },
      when,
      { title: t('admin.logs.who'), cell: entry => whoOf(entry) },
    ]
  return [
    { title: t('admin.logs.person'), cell: entry => link(entry, nameOf(entry), entry.ipAddress ?? '') },
    { title: t('admin.logs.result'), cell: entry => <Result isGood={entry.status?.errorCode === 0} /> },
    when,
    { title: t('admin.logs.reason'), cell: entry => codeName(entry.status?.errorCode ?? 0) },
  ]
}

export function Result({ isGood }: { isGood: boolean }) {
  return (
    <span className={`tag ${isGood ? 'tag-good' : 'tag-medium'}`}>
      {t(`admin.logs.results.${isGood ? 'success' : 'failure'}`)}
    </span>
  )
}

/** To whom or what it was done. */
export const targetOf = ({ activity = '', targetResources }: Entry) =>
  targetResources?.map(({ displayName, id }) => (displayName ? targetName(activity, displayName) : id)).join(', ') ?? ''

/** Who did it: a person, an application, or the program itself. */
export const whoOf = ({ initiatedBy }: Entry): string => actorName(initiatedBy) ?? t('admin.logs.nobody')

/** Who signed in. What unknown names do is one entry for many. */
export function nameOf({ userDisplayName, userPrincipalName, count = 1 }: Entry): string {
  if (userPrincipalName === 'unknown') return t('admin.logs.unknownName', { count })
  return userDisplayName ?? userPrincipalName ?? ''
}

const CODES = ['0', '50126', '50034', '50053', '50057'] as const

/** How a sign-in ended, by its number. */
export function codeName(code: number): string {
  if (code === 0) return t('admin.activities.signin_succeeded')
  const key = `admin.reports.signIns.codes.${code}`
  return i18n.exists(key) ? t(key as 'admin.reports.signIns.codes.50126') : String(code)
}

export const signInCodes = (): [string, string][] => CODES.map(code => [code, codeName(Number(code))])
