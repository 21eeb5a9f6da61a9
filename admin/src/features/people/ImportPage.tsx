import { Button, Field, Select } from '@fluentui/react-components'
import { useMutation, useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useId, useRef, useState } from 'react'
import { allowedActions } from '../../api/queries.ts'
import { csvOf, saveFile } from '../../parts/csv.ts'
import { JobProgress } from '../../parts/JobProgress.tsx'
import { hasEnded, job, startJob } from '../../parts/jobs.ts'
import { Refused } from '../../parts/Refused.tsx'
import { t } from '../../words.ts'
import { FixRows } from './FixRows.tsx'
import { areOurs, guessHeadings, mapColumns, readCsv, readText, separatorOf } from './headings.ts'
import { MapHeadings } from './MapHeadings.tsx'
import { rememberColumns, rememberedColumns } from './rememberedColumns.ts'

/** What a file can do, what it takes, and the headings of its template. */
const KINDS = {
  usersCreate: {
    takes: 'users.create',
    headings: ['userPrincipalName', 'displayName', 'givenName', 'surname', 'department', 'jobTitle', 'mail'],
  },
  usersUpdate: {
    takes: 'users.update',
    headings: ['userPrincipalName', 'displayName', 'department', 'jobTitle', 'officeLocation'],
  },
  usersDelete: { takes: 'users.delete', headings: ['userPrincipalName'] },
  usersRestore: { takes: 'users.restore', headings: ['id'] },
  usersPurge: { takes: 'users.purge', headings: ['id'] },
  methodsPrefill: { takes: 'methods.write', headings: ['userPrincipalName', 'mobilePhone', 'officePhone', 'email'] },
  requireRegistration: { takes: 'blocks.lift', headings: ['userPrincipalName'] },
  blocksLift: { takes: 'blocks.lift', headings: ['userPrincipalName'] },
  sessionsRevoke: { takes: 'sessions.revoke', headings: ['userPrincipalName'] },
  groupMembersAdd: { takes: 'groups.write', headings: ['groupId', 'memberId'] },
  groupMembersRemove: { takes: 'groups.write', headings: ['groupId', 'memberId'] },
} as const
type Kind = keyof typeof KINDS

/** What a user can be given by a file. */
const PROFILE = [
  ...['userPrincipalName', 'displayName', 'givenName', 'surname', 'mail', 'department', 'companyName', 'jobTitle'],
  ...['officeLocation', 'employeeId', 'mobilePhone', 'businessPhones', 'otherMails', 'preferredLanguage'],
  ...['usageLocation', 'streetAddress', 'postalCode', 'city', 'state', 'country', 'accountEnabled'],
  ...['mailNickname', 'onPremisesImmutableId', 'passwordPolicies'],
]
const PASSWORD = ['password', 'forceChangePasswordNextSignIn']

/** What else each kind reads, beside the headings of its template. */
const MORE: { [Name in Kind]?: readonly string[] } = {
  usersCreate: [...PROFILE, ...PASSWORD],
  usersUpdate: ['id', ...PROFILE],
  usersDelete: ['id'],
  usersRestore: ['newUserPrincipalName'],
  methodsPrefill: ['id'],
  requireRegistration: ['id'],
  blocksLift: ['id'],
  sessionsRevoke: ['id'],
}

/** The rows of a file, and what its columns mean. `isOurs`: the server reads its headings as they are. */
interface Own {
  rows: string[][]
  chosen: (string | null)[]
  isOurs: boolean
}

/** The headings that a kind of job reads. */
const propertiesOf = (kind: Kind) => [...new Set([...KINDS[kind].headings, ...(MORE[kind] ?? [])])]

async function readOwn(file: File, kind: Kind): Promise<Own | undefined> {
  const text = readText(await file.arrayBuffer())
  // The server refuses it, and names the fault.
  if (text === undefined) return undefined
  const rows = readCsv(text).filter(([first = ''], at) => at > 0 || !/^version:/i.test(first))
  const [headings] = rows
  if (!headings) return undefined
  const properties = propertiesOf(kind)
  if (separatorOf(text) === ',' && areOurs(headings, properties)) return { rows, chosen: headings, isOurs: true }
  const chosen = rememberedColumns(kind, headings) ?? guessHeadings(headings, properties)
  return { rows, chosen, isOurs: false }
}

/** The file with another cell. `column`: counted without those that are left out. */
function withCell(own: Own, { row, column, cell }: { row: number; column: number; cell: string }): Own {
  const at = own.chosen.flatMap((property, place) => (property ? [place] : []))[column]!
  const changed = (line: string[]) => own.chosen.map((_, place) => (place === at ? cell : (line[place] ?? '')))
  return { ...own, rows: own.rows.map((line, place) => (place === row ? changed(line) : line)) }
}

/** Changes many people by a file: every row is checked before one is changed. */
export function ImportPage() {
  const { data: allowed } = useQuery(allowedActions)
  const kinds = (Object.keys(KINDS) as Kind[]).filter(kind => allowed?.byRole.includes(KINDS[kind].takes))
  const [chosen, setKind] = useState<Kind>()
  const [file, setFile] = useState<File>()
  const [own, setOwn] = useState<Own>()
  /** The reading of a file that was begun last: what was chosen since then wins. */
  const reading = useRef<object>(undefined)
  const [isReading, setReading] = useState(false)
  const input = useId()
  const kind = chosen ?? kinds[0]
  const asked = () => {
    const sent = own ? new Blob([csvOf(mapColumns(own.rows, own.chosen))], { type: 'text/csv' }) : file!
    return { kind: kind!, file: sent, fileName: file!.name }
  }
  const take = (taken: File | undefined, as: Kind) => {
    setFile(taken)
    setOwn(undefined)
    const turn = {}
    reading.current = turn
    setReading(taken !== undefined)
    if (!taken) return
    const isLast = () => reading.current === turn
    void readOwn(taken, as)
      .then(read => isLast() && setOwn(read))
      .finally(() => isLast() && setReading(false))
  }
  const [checkId, setCheckId] = useState<string>()
  const check = useMutation({
    mutationFn: () => startJob({ ...asked(), dryRun: true }),
    onSuccess: id => {
      setCheckId(id)
      // The rows that were mended go with the check before, and would take the focus along.
      document.getElementById('checked')?.focus()
    },
  })
  const start = useMutation({ mutationFn: () => startJob({ ...asked(), dryRun: false }) })
  const { data: checked } = useQuery({ ...job(checkId ?? ''), enabled: checkId !== undefined })
  /** Whether a row was mended since the file was checked. */
  const [isMended, setMended] = useState(false)
  const isFine = checked !== undefined && hasEnded(checked) && (checked.succeeded ?? 0) > 0 && !isMended
  const checkIt = () => {
    setMended(false)
    if (own && !own.isOurs) rememberColumns(kind!, own.rows[0] ?? [], own.chosen)
    check.mutate()
  }
  const mend = (row: number, column: number, cell: string) => {
    setMended(true)
    setOwn(before => before && withCell(before, { row, column, cell }))
  }
  const anew = () => {
    setMended(false)
    check.reset()
    setCheckId(undefined)
    start.reset()
  }
  if (!kind) return null
  return (
    <div className="page">
      <div className="head">
        <div>
          <h1 tabIndex={-1}>{t('admin.people.import.title')}</h1>
          <p>{t('admin.people.import.lead')}</p>
        </div>
        <Link to="/people">{t('admin.people.import.back')}</Link>
      </div>
      <div className="cards">
        <section className="card" aria-label={t('admin.people.import.file')}>
          <Field label={t('admin.people.import.kind')}>
            <Select
              value={kind}
              onChange={(_, { value }) => {
                setKind(value as Kind)
                take(file, value as Kind)
                anew()
              }}
            >
              {kinds.map(one => (
                <option key={one} value={one}>
                  {t(`admin.people.import.kinds.${one}`)}
                </option>
              ))}
            </Select>
          </Field>
          <div>
            <label htmlFor={input}>{t('admin.people.import.file')}</label>
            <input
              id={input}
              className="file"
              type="file"
              accept=".csv,text/csv"
              onChange={({ target }) => {
                take(target.files?.[0], kind)
                anew()
              }}
            />
          </div>
          {check.error && <Refused error={check.error} />}
          <div className="acts">
            <Button
              appearance={isFine ? 'secondary' : 'primary'}
              disabledFocusable={!file || isReading || check.isPending}
              onClick={checkIt}
            >
              {t('admin.people.import.check')}
            </Button>
            <Button onClick={() => saveFile(`${kind}.csv`, csvOf([KINDS[kind].headings]))}>
              {t('admin.people.import.template')}
            </Button>
          </div>
        </section>
        {own && !own.isOurs && (
          <MapHeadings
            headings={own.rows[0] ?? []}
            chosen={own.chosen}
            properties={propertiesOf(kind)}
            choose={chosen => {
              setOwn({ ...own, chosen })
              anew()
            }}
          />
        )}
        {checkId && (
          <section className="card" aria-labelledby="checked">
            <h2 id="checked" tabIndex={-1}>
              {t('admin.people.import.checked')}
            </h2>
            <JobProgress
              id={checkId}
              refused={
                own && (
                  <FixRows
                    id={checkId}
                    lines={mapColumns(own.rows, own.chosen)}
                    change={mend}
                    again={checkIt}
                    isChecking={check.isPending}
                  />
                )
              }
            />
            {start.error && <Refused error={start.error} />}
            {isFine && !start.data && (
              <div className="acts">
                <Button appearance="primary" disabledFocusable={start.isPending} onClick={() => start.mutate()}>
                  {t('admin.people.import.start')}
                </Button>
              </div>
            )}
          </section>
        )}
        {start.data && (
          <section className="card" aria-labelledby="running">
            <h2 id="running">{t('admin.people.import.running')}</h2>
            <JobProgress id={start.data} />
          </section>
        )}
      </div>
    </div>
  )
}
