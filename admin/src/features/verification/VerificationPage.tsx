import { Button, useRestoreFocusTarget } from '@fluentui/react-components'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useRef, useState } from 'react'
import { api } from '../../api/client.ts'
import { allowedActions } from '../../api/queries.ts'
import { Loading } from '../../parts/Loading.tsx'
import { PartnerHead } from '../../parts/PartnerHead.tsx'
import { Refused } from '../../parts/Refused.tsx'
import { exactly, list, moment, t } from '../../words.ts'
import { FixNow } from './FixNow.tsx'
import { type OwnDocument, type Stage, type Verification, verification } from './queries.ts'

/** How the firm proves who it is: where each stage stands, what to do next, and what happened. */
export function VerificationPage() {
  const { data, error, refetch } = useQuery(verification)
  const { data: allowed } = useQuery(allowedActions)
  const mayWrite = allowed?.value.includes('partner.verification.write') ?? false
  return (
    <div className="page">
      <PartnerHead page="verification" lead={t('admin.verification.lead')} />
      {data === undefined && (error ? <Refused error={error} again={() => void refetch()} /> : <Loading rows={6} />)}
      {data === null && <p className="calm">{t('admin.verification.none')}</p>}
      {data && (
        <div className="stack">
          <section
            className={data.status === 'accepted' ? 'standing standing-good' : 'standing'}
            aria-labelledby="standing"
          >
            <h2 id="standing">{t(`admin.verification.statuses.${data.status}`)}</h2>
            <p>{t(`admin.verification.next.${data.status}`)}</p>
          </section>
          <section className="card" aria-labelledby="stages">
            <h2 id="stages">{t('admin.verification.stages')}</h2>
            <ul className="rows steps">
              {data.stages.map(stage => (
                <StageRow key={stage.stage} stage={stage} mayWrite={mayWrite} />
              ))}
            </ul>
            <p>
              <Link to="/partner" hash="profile">
                {t('admin.verification.toProfile')}
              </Link>
            </p>
          </section>
          {data.documents.length > 0 && <Documents documents={data.documents} mayWrite={mayWrite} />}
          {data.history.length > 0 && <History history={data.history} />}
        </div>
      )}
    </div>
  )
}

const looks: Partial<Record<Stage['status'], string>> = {
  pending: 'tag-medium',
  accepted: 'tag-good',
  rejected: 'tag-high',
  actionNeeded: 'tag-high',
}

/** Where a stage stands. */
export const StageTag = ({ status }: Pick<Stage, 'status'>) => (
  <span className={`tag ${looks[status] ?? ''}`}>{t(`admin.verification.stageStatuses.${status}`)}</span>
)

/** By when a reviewer looks at a stage, or the firm answers. */
export const Due = ({ stage: { dueDateTime: due, canFix } }: { stage: Stage }) =>
  due && <p>{t(`admin.verification.${canFix ? 'answer' : 'due'}`, { when: moment(due) })}</p>

function StageRow({ stage: found, mayWrite }: { stage: Stage; mayWrite: boolean }) {
  const opens = useRestoreFocusTarget()
  const queries = useQueryClient()
  const [isFixing, setFixing] = useState(false)
  const { stage, status, reason, text, requiredDocuments, canFix } = found
  const resend = useMutation({
    mutationFn: () => api.POST('/partner/verification/stages/emailOwnership/resend'),
    onSuccess: () => queries.invalidateQueries({ queryKey: ['partner', 'verification'] }),
  })
  const name = t(`admin.verification.stageNames.${stage}`)
  return (
    <li>
      <StageTag status={status} />
      <div className="grows">
        <b>{name}</b>
        <p>{t(`admin.verification.stageLeads.${stage}`)}</p>
        {reason && <p className="danger">{t(`admin.verification.reasons.${reason}`)}</p>}
        {text && (
          <p className="written">
            <bdi>{text}</bdi>
          </p>
        )}
        {requiredDocuments.length > 0 && (
          <p>
            {t('admin.verification.required', {
              documents: list(requiredDocuments.map(type => t(`admin.verification.documentTypes.${type}`))),
            })}
          </p>
        )}
        <Due stage={found} />
        {resend.error && <Refused error={resend.error} />}
        {resend.isSuccess && (
          <p role="status" className="good">
            {t('admin.verification.resent')}
          </p>
        )}
      </div>
      {mayWrite && (
        <span className="acts">
          {stage === 'emailOwnership' && status === 'pending' && (
            <Button size="small" disabledFocusable={resend.isPending} onClick={() => resend.mutate()}>
              {t('admin.verification.resend')}
            </Button>
          )}
          {canFix && (
            <Button
              {...opens}
              size="small"
              appearance="primary"
              aria-label={t('admin.verification.fix.of', { stage: name })}
              onClick={() => setFixing(true)}
            >
              {t('admin.verification.fix.open')}
            </Button>
          )}
        </span>
      )}
      {isFixing && <FixNow stage={found} close={() => setFixing(false)} />}
    </li>
  )
}

function Documents({ documents, mayWrite }: { documents: readonly OwnDocument[]; mayWrite: boolean }) {
  const queries = useQueryClient()
  const heading = useRef<HTMLHeadingElement>(null)
  const { mutate, isPending, error } = useMutation({
    mutationFn: (id: string) => api.DELETE('/partner/verification/documents/{id}', { params: { path: { id } } }),
    // Its row, and the button with it, is gone.
    onSuccess: () => (heading.current ?? document.querySelector('h1'))?.focus(),
    onSettled: () => queries.invalidateQueries({ queryKey: ['partner', 'verification'] }),
  })
  return (
    <section className="card" aria-labelledby="documents">
      <h2 id="documents" ref={heading} tabIndex={-1}>
        {t('admin.verification.documents')}
      </h2>
      {error && <Refused error={error} />}
      <ul className="rows">
        {documents.map(({ id, type, fileName, handedInDateTime, erasedDateTime, canRemove }) => (
          <li key={id}>
            <div className="grows">
              <b>
                <bdi>{fileName}</bdi>
              </b>
              <p>
                {t(`admin.verification.documentTypes.${type}`)} ·{' '}
                {handedInDateTime
                  ? t('admin.verification.handedIn', { when: moment(handedInDateTime) })
                  : t('admin.verification.notHandedIn')}
              </p>
            </div>
            <span>{t('admin.verification.erased', { when: moment(erasedDateTime) })}</span>
            {mayWrite && canRemove && (
              <Button
                size="small"
                disabledFocusable={isPending}
                aria-label={t('admin.verification.removeOf', { name: fileName })}
                onClick={() => mutate(id)}
              >
                {t('admin.verification.remove')}
              </Button>
            )}
          </li>
        ))}
      </ul>
    </section>
  )
}

/** What happened, the oldest first. */
export function History({ history }: Pick<Verification, 'history'>) {
  return (
    <section className="card" aria-labelledby="history">
      <h2 id="history">{t('admin.verification.history')}</h2>
      <ol className="timeline">
        {history.map(({ dateTime, stage, status, by, reason, text }) => (
          <li key={`${dateTime}${stage}${status}`}>
            <time dateTime={dateTime} title={exactly(dateTime)}>
              {moment(dateTime)}
            </time>
            <div>
              <b>{t(`admin.verification.stageNames.${stage}`)}</b>
              <p className="written">
                {[
                  t(`admin.verification.stageStatuses.${status}`),
                  t(`admin.verification.by.${by}`),
                  reason && t(`admin.verification.reasons.${reason}`),
                ]
                  .filter(Boolean)
                  .join(' · ')}
                {text && (
                  <>
                    {'\n'}
                    <bdi>{text}</bdi>
                  </>
                )}
              </p>
            </div>
          </li>
        ))}
      </ol>
    </section>
  )
}
