import { useQuery } from '@tanstack/react-query'
import { Link, useNavigate, useParams, useSearch } from '@tanstack/react-router'
import { allowedActions } from '../../api/queries.ts'
import { Panel } from '../../parts/Panel.tsx'
import { exactly, moment, t } from '../../words.ts'
import { AnswerCase } from './AnswerCase.tsx'
import { type Case, oneCase } from './queries.ts'

/** One case: who asks, what is proved of them, what was written, and the answer. */
export function CasePanel() {
  const { case: number } = useParams({ from: '/cases/$case' })
  const search = useSearch({ from: '/cases' })
  const navigate = useNavigate()
  const { data: found, error, refetch } = useQuery(oneCase(number))
  const { data: allowed } = useQuery(allowedActions)
  const close = async () => {
    await navigate({ to: '/cases', search })
    document.getElementById(`case-${number}`)?.focus()
  }
  return (
    <Panel
      label={t('admin.cases.panel')}
      heading={found === null ? t('admin.cases.gone') : found && t('admin.cases.heading', { number: found.number })}
      error={error}
      again={() => void refetch()}
      close={() => void close()}
    >
      {found && (
        <>
          <p>{leadOf(found)}</p>
          <dl className="facts">
            <div>
              <dt>{t('admin.cases.facts.kind')}</dt>
              <dd>{t(`admin.cases.kinds.${found.kind}`)}</dd>
            </div>
            <div>
              <dt>{t('admin.cases.facts.address')}</dt>
              <dd>
                <bdi>{found.address}</bdi>{' '}
                <span className={found.isAddressInDomain ? 'tag tag-good' : 'tag tag-medium'}>
                  {t(`admin.cases.${mailboxOf(found)}`)}
                </span>
              </dd>
            </div>
            {found.userId && (
              <div>
                <dt>{t('admin.cases.facts.person')}</dt>
                <dd>
                  <Link to="/help-desk" search={{ person: found.userId }}>
                    {t('admin.cases.openPerson')}
                  </Link>
                </dd>
              </div>
            )}
            {found.handedOver.finding && (
              <div>
                <dt>{t('admin.cases.facts.finding')}</dt>
                <dd>{t(`admin.diagnosis.${found.handedOver.finding}`)}</dd>
              </div>
            )}
            {found.handedOver.checkedBy && (
              <div>
                <dt>{t('admin.cases.facts.checked')}</dt>
                <dd>
                  {t(`admin.helpDesk.means.${found.handedOver.checkedBy}.title`)}
                  {', '}
                  {moment(found.handedOver.checkedDateTime!)}
                </dd>
              </div>
            )}
            <div>
              <dt>{t('admin.cases.facts.domain')}</dt>
              <dd>
                {found.domain}{' '}
                {found.isDomainProven && <span className="tag tag-good">{t('admin.cases.domainProven')}</span>}
              </dd>
            </div>
          </dl>
          <p className="calm">{t('admin.cases.warn')}</p>
          <h3>{t('admin.cases.messages')}</h3>
          <Messages found={found} />
          {found.state !== 'closed' && allowed?.value.includes('cases.write') && (
            <AnswerCase key={found.number} found={found} />
          )}
        </>
      )}
    </Panel>
  )
}

/** What is known of the mailbox: a helper may have written down what a caller said. */
const mailboxOf = ({ isAddressProven, isAddressInDomain }: Case) =>
  isAddressProven ? (isAddressInDomain ? 'inDomain' : 'outside') : 'unproven'

/** Who has to do something next, and until when. */
function leadOf({ state, dueDateTime, closedDateTime, result }: Case): string {
  if (state === 'closed')
    return t(`admin.cases.closed.${result ?? 'unanswered'}`, { when: exactly(closedDateTime ?? dueDateTime) })
  return t(`admin.cases.next.${state}`, { when: exactly(dueDateTime) })
}

/** What was written, the oldest first. It stands there as text: what looks like a link is none. */
function Messages({ found }: { found: Case }) {
  return (
    <ol className="timeline" aria-live="polite">
      {found.messages.map(({ id, by, sentDateTime, text, assistant }) => (
        <li key={id}>
          <time dateTime={sentDateTime} title={exactly(sentDateTime)}>
            {moment(sentDateTime)}
          </time>
          <div>
            <b>{t(`admin.cases.by.${by}`)}</b>
            <p className="written">
              <bdi>{text}</bdi>
            </p>
            {assistant?.username && <p>{t('admin.cases.typedName', { name: assistant.username })}</p>}
          </div>
        </li>
      ))}
    </ol>
  )
}
