import { Button, Field, Select } from '@fluentui/react-components'
import { useMutation, useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useId, useState } from 'react'
import { allowedActions } from '../../api/queries.ts'
import { csvOf, saveFile } from '../../parts/csv.ts'
import { hasEnded, job, startJob } from '../../parts/jobs.ts'
import { Refused } from '../../parts/Refused.tsx'
import { t } from '../../words.ts'
import { JobProgress } from './JobProgress.tsx'

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

/** Changes many people by a file: every row is checked before one is changed. */
export function ImportPage() {
  const { data: allowed } = useQuery(allowedActions)
  const kinds = (Object.keys(KINDS) as Kind[]).filter(kind => allowed?.byRole.includes(KINDS[kind].takes))
  const [chosen, setKind] = useState<Kind>()
  const [file, setFile] = useState<File>()
  const input = useId()
  const kind = chosen ?? kinds[0]
  const asked = () => ({ kind: kind!, file: file!, fileName: file!.name })
  const check = useMutation({ mutationFn: () => startJob({ ...asked(), dryRun: true }) })
  const start = useMutation({ mutationFn: () => startJob({ ...asked(), dryRun: false }) })
  const { data: checked } = useQuery({ ...job(check.data ?? ''), enabled: check.data !== undefined })
  const isFine = checked !== undefined && hasEnded(checked) && (checked.succeeded ?? 0) > 0
  const anew = () => {
    check.reset()
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
                setFile(target.files?.[0])
                anew()
              }}
            />
          </div>
          {check.error && <Refused error={check.error} />}
          <div className="acts">
            <Button
              appearance={isFine ? 'secondary' : 'primary'}
              disabledFocusable={!file || check.isPending}
              onClick={() => check.mutate()}
            >
              {t('admin.people.import.check')}
            </Button>
            <Button onClick={() => saveFile(`${kind}.csv`, csvOf([KINDS[kind].headings]))}>
              {t('admin.people.import.template')}
            </Button>
          </div>
        </section>
        {check.data && (
          <section className="card" aria-labelledby="checked">
            <h2 id="checked">{t('admin.people.import.checked')}</h2>
            <JobProgress id={check.data} />
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
