import { Button, Spinner, useRestoreFocusTarget } from '@fluentui/react-components'
import { ArrowDownloadRegular } from '@fluentui/react-icons'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useNavigate, useParams } from '@tanstack/react-router'
import { useState } from 'react'
import { api } from '../../api/client.ts'
import { allowedActions } from '../../api/queries.ts'
import { saveFile } from '../../parts/csv.ts'
import { Panel } from '../../parts/Panel.tsx'
import { Refused } from '../../parts/Refused.tsx'
import { country, t } from '../../words.ts'
import { Decide } from './Decide.tsx'
import { type Document, type FirmCase, firmCase, type Stage, type StageName } from './queries.ts'
import { Due, History, StageTag } from './VerificationPage.tsx'

/** One firm at the reviewers' desk: what it says of itself, what it handed in, and the verdict on each stage. */
export function DeskPanel() {
  const { firm: id } = useParams({ strict: false }) as { firm: string }
  const navigate = useNavigate()
  const { data: found, error, refetch } = useQuery(firmCase(id))
  const { data: allowed } = useQuery(allowedActions)
  const close = async () => {
    await navigate({ to: '/verifications' })
    document.getElementById(`firm-${id}`)?.focus()
  }
  return (
    <Panel
      label={t('admin.verification.desk.panel')}
      heading={found === null ? t('admin.verification.desk.gone') : found?.companyName}
      error={error}
      again={() => void refetch()}
      close={() => void close()}
    >
      {found && <Told found={found} mayDecide={allowed?.value.includes('verifications.decide') ?? false} />}
    </Panel>
  )
}

function Told({ found, mayDecide }: { found: FirmCase; mayDecide: boolean }) {
  const { legalProfile: legal, primaryContact: contact, partnerId } = found
  const facts: [string, string | null][] = [
    [t('admin.partner.facts.partnerId'), partnerId],
    [t('admin.partner.profile.companyName'), legal.companyName],
    [
      t('admin.partner.profile.address'),
      [legal.street, legal.city, legal.postalCode, country(legal.country)].filter(Boolean).join(', '),
    ],
    [t('admin.partner.profile.registrationNumber'), legal.registrationNumber],
    [
      t('admin.partner.profile.primaryContact'),
      [`${contact.givenName} ${contact.surname}`, contact.mail, contact.phoneNumber].filter(Boolean).join(' · '),
    ],
  ]
  return (
    <>
      <dl className="facts">
        {facts
          .filter(([, value]) => value)
          .map(([name, value]) => (
            <div key={name}>
              <dt>{name}</dt>
              <dd>
                <bdi>{value}</bdi>
              </dd>
            </div>
          ))}
      </dl>
      {mayDecide && <Claim found={found} />}
      <section>
        <h3>{t('admin.verification.stages')}</h3>
        <ul className="rows steps">
          {found.stages.map(stage => (
            <Row key={stage.stage} found={found} stage={stage} mayDecide={mayDecide} />
          ))}
        </ul>
      </section>
      {found.documents.length > 0 && (
        <section>
          <h3>{t('admin.verification.documents')}</h3>
          <p>{t('admin.verification.desk.documentsRead')}</p>
          <ul className="rows">
            {found.documents.map(document => (
              <DocumentRow key={document.id} firm={found.id} document={document} />
            ))}
          </ul>
        </section>
      )}
      <History history={found.history} />
    </>
  )
}

/** Takes the case for a day, so that no other reviewer decides it meanwhile. */
function Claim({ found: { id, claimedBy } }: { found: FirmCase }) {
  const queries = useQueryClient()
  const { mutate, isPending, error } = useMutation({
    mutationFn: () => api.POST('/verification/cases/{id}/claim', { params: { path: { id } } }),
    onSettled: () => queries.invalidateQueries({ queryKey: ['verifications'] }),
  })
  if (claimedBy) return <p>{t('admin.verification.desk.with', { person: claimedBy.userPrincipalName ?? '' })}</p>
  return (
    <>
      {error && <Refused error={error} />}
      <div className="acts">
        <Button disabledFocusable={isPending} onClick={() => mutate()}>
          {t('admin.verification.desk.claim')}
        </Button>
      </div>
    </>
  )
}

/** Whether a reviewer decides a stage now; further questions begin where nobody has asked any. */
const isDecided = ({ stage, status }: Stage) =>
  !(status === 'pending' || status === 'actionNeeded') && !(stage === 'dueDiligence' && status === 'notStarted')

function Row({ found, stage, mayDecide }: { found: FirmCase; stage: Stage; mayDecide: boolean }) {
  const opens = useRestoreFocusTarget()
  const [asked, setAsked] = useState<StageName>()
  const name = t(`admin.verification.stageNames.${stage.stage}`)
  return (
    <li>
      <StageTag status={stage.status} />
      <div className="grows">
        <b>{name}</b>
        <Due stage={stage} />
      </div>
      {mayDecide && !isDecided(stage) && (
        <Button
          {...opens}
          size="small"
          aria-label={t('admin.verification.desk.decide.of', { stage: name })}
          onClick={() => setAsked(stage.stage)}
        >
          {t('admin.verification.desk.decide.open')}
        </Button>
      )}
      {asked && <Decide firm={found.id} stage={stage} close={() => setAsked(undefined)} />}
    </li>
  )
}

function DocumentRow({ firm, document: one }: { firm: string; document: Document }) {
  const { mutate, isPending, error } = useMutation({
    mutationFn: async () => {
      const { data } = await api.GET('/verification/cases/{id}/documents/{documentId}', {
        params: { path: { id: firm, documentId: one.id } },
        headers: { accept: 'application/octet-stream' },
        parseAs: 'blob',
      })
      saveFile(one.fileName, data as unknown as Blob, 'application/octet-stream')
    },
  })
  return (
    <li>
      <div className="grows">
        <b>
          <bdi>{one.fileName}</bdi>
        </b>
        <p>{t(`admin.verification.documentTypes.${one.type}`)}</p>
        {error && <Refused error={error} />}
      </div>
      <Button
        size="small"
        icon={isPending ? <Spinner size="tiny" aria-hidden="true" /> : <ArrowDownloadRegular />}
        disabledFocusable={isPending}
        aria-label={t('admin.verification.desk.saveOf', { name: one.fileName })}
        onClick={() => mutate()}
      >
        {t('admin.verification.desk.save')}
      </Button>
    </li>
  )
}
