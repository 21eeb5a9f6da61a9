import { useQuery } from '@tanstack/react-query'
import { useNavigate, useParams } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import { allowedActions } from '../../api/queries.ts'
import { Panel } from '../../parts/Panel.tsx'
import { exactly, i18n, list, t } from '../../words.ts'
import { isOver, type Rescue, rescue, type Step } from './queries.ts'
import { RescueActs } from './RescueActs.tsx'
import { Steps } from './Steps.tsx'

/** One rescue: who asks for what, what is proved, whose turn it is and until when, and how it came to that. */
export function RescuePanel() {
  const { rescue: id } = useParams({ strict: false }) as { rescue: string }
  const navigate = useNavigate()
  const { data: found, error, refetch } = useQuery(rescue(id))
  const { data: allowed } = useQuery(allowedActions)
  const close = async () => {
    await navigate({ to: '/partner/rescues' })
    document.getElementById(`rescue-${id}`)?.focus()
  }
  return (
    <Panel
      label={t('admin.rescues.panel')}
      heading={found === null ? t('admin.rescues.gone') : found?.company.displayName}
      error={error}
      again={() => void refetch()}
      close={() => void close()}
    >
      {found && (
        <>
          <section role="status" className={found.state === 'done' ? 'standing standing-good' : 'standing'}>
            <h3>{t(`admin.rescues.states.${found.state}`)}</h3>
            <p>{nextOf(found)}</p>
          </section>
          <Facts rescue={found} />
          <Missing rescue={found} />
          {allowed?.value.includes('partner.rescue') && <RescueActs rescue={found} />}
          <section>
            <h3>{t('admin.rescues.history')}</h3>
            <Steps steps={found.steps} detailOf={step => detailOf(found, step)} />
          </section>
        </>
      )}
    </Panel>
  )
}

/** Whose turn it is and until when, or why it came to nothing. */
function nextOf({ state, endDateTime, refusal }: Rescue): string {
  const why = `admin.rescues.refusals.${refusal}`
  if (isOver(state) && refusal && i18n.exists(why)) return t(why as 'admin.rescues.refusals.expired')
  return t(`admin.rescues.next.${state}`, { when: exactly(endDateTime) })
}

function Facts({ rescue: { act, company, target, asker, caseNumber, text, proofs, lostMethods } }: { rescue: Rescue }) {
  const facts: [string, ReactNode][] = [
    [t('admin.rescues.facts.act'), t(`admin.rescues.acts.${act}`)],
    [t('admin.rescues.facts.domain'), company.domain],
    [t('admin.rescues.facts.target'), target && <Target key="target" target={target} />],
    [t('admin.rescues.facts.asker'), <bdi key="asker">{asker}</bdi>],
    [t('admin.rescues.facts.case'), caseNumber],
    [t('admin.rescues.facts.text'), <bdi key="text">{text}</bdi>],
    [
      t('admin.rescues.facts.proofs'),
      list((['mailbox', 'dns'] as const).filter(one => proofs[one]).map(one => t(`admin.rescues.proofs.${one}`))),
    ],
    [t('admin.rescues.facts.lost'), lostMethods && t('admin.rescues.lost')],
  ]
  return (
    <dl className="facts">
      {facts
        .filter(([, value]) => value)
        .map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd className="written">{value}</dd>
          </div>
        ))}
    </dl>
  )
}

function Target({ target }: { target: NonNullable<Rescue['target']> }) {
  const { userPrincipalName, displayName, accountEnabled, isAdministrator } = target
  const tags = displayName
    ? [isAdministrator && 'administrator', !accountEnabled && 'disabled'].filter(Boolean)
    : ['unknown']
  return (
    <>
      <bdi>{displayName ? `${displayName} (${userPrincipalName})` : userPrincipalName}</bdi>{' '}
      {tags.map(tag => (
        <span key={String(tag)} className="tag tag-medium">
          {t(`admin.rescues.targets.${tag as 'unknown'}`)}
        </span>
      ))}
    </>
  )
}

/** What keeps the reader from the next step. */
function Missing({ rescue: { state, missing, takenByYou } }: { rescue: Rescue }) {
  if (state !== 'asked' && state !== 'taken') return null
  return (
    <>
      {missing.roles.length > 0 && (
        <p className="danger">
          {t('admin.rescues.missing.roles', { roles: list(missing.roles.map(role => role.displayName)) })}
        </p>
      )}
      {state === 'taken' && takenByYou && <p>{t('admin.rescues.missing.notYou')}</p>}
      {missing.secondPerson && <p className="danger">{t('admin.rescues.missing.secondPerson')}</p>}
    </>
  )
}

/** Who came to a step, and what they wrote. */
function detailOf({ taker, approver, checked, note, reason, asker }: Rescue, { state }: Step): string | undefined {
  switch (state) {
    case 'asked':
      return asker
    case 'taken':
      return [taker, checked && t(`admin.rescues.checks.${checked}`), note].filter(Boolean).join(' · ')
    case 'cooling':
      return approver ?? undefined
    case 'disputed':
    case 'refused':
      return reason ?? undefined
    default:
      return undefined
  }
}
