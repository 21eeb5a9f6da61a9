import { Button, useRestoreFocusTarget } from '@fluentui/react-components'
import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useState } from 'react'
import { allowedActions } from '../../api/queries.ts'
import { CopyText } from '../../parts/CopyText.tsx'
import { Loading } from '../../parts/Loading.tsx'
import { PartnerHead } from '../../parts/PartnerHead.tsx'
import { type Account, account } from '../../parts/partnerQueries.ts'
import { Refused } from '../../parts/Refused.tsx'
import { exactly, t } from '../../words.ts'
import { AccountRoles } from './AccountRoles.tsx'
import { Enrol } from './Enrol.tsx'
import { Enrollments } from './Enrollments.tsx'
import { MyAccess } from './MyAccess.tsx'
import { Profile } from './Profile.tsx'
import { enrollments } from './queries.ts'

/** The firm as a partner: how its account stands, what to do next, and who has which role. */
export function PartnerPage() {
  const opens = useRestoreFocusTarget()
  const { data, error, refetch } = useQuery(account)
  const { data: allowed } = useQuery(allowedActions)
  const [isEnrolling, setEnrolling] = useState(false)
  const may = new Set(allowed?.value)
  return (
    <div className="page">
      <PartnerHead page="account" lead={t(`admin.partner.${data === null ? 'leadOfNone' : 'lead'}`)}>
        {data !== undefined && may.has('partner.enroll') && (
          <Button {...opens} {...(data === null && { appearance: 'primary' })} onClick={() => setEnrolling(true)}>
            {t(`admin.partner.enrol.${data === null ? 'first' : 'open'}`)}
          </Button>
        )}
      </PartnerHead>
      {data === undefined && (error ? <Refused error={error} again={() => void refetch()} /> : <Loading rows={6} />)}
      {data === null && !may.has('partner.enroll') && <p className="calm">{t('admin.partner.whoEnrols')}</p>}
      {data && (
        <div className="stack">
          <Standing account={data} mayFix={may.has('partner.verification.write')} />
          <Enrollments mayEnroll={may.has('partner.enroll')} />
          <Profile
            account={data}
            mayWrite={may.has('partner.account.write')}
            mayWriteSecurity={may.has('partner.securityContact.write')}
          />
          <AccountRoles mayAssign={may.has('partner.roles.assign')} />
          <MyAccess />
          {may.has('partner.relationships.read') && (
            <p>
              <Link to="/customers/relationships">{t('admin.partner.toRelationships')}</Link>
            </p>
          )}
        </div>
      )}
      {isEnrolling && <Enrol account={data ?? null} close={() => setEnrolling(false)} />}
    </div>
  )
}

/** How the account stands, and what the firm does next. */
function Standing({ account: found, mayFix }: { account: Account; mayFix: boolean }) {
  const { data = [] } = useQuery(enrollments)
  const { status, verification, suspension, partnerId, agreement } = found
  const toSign = data.some(one => one.status === 'agreement')
  const next = suspension
    ? suspension.reason === 'abuse'
      ? 'abuse'
      : 'suspended'
    : toSign
      ? 'sign'
      : data.some(one => one.status === 'draft')
        ? 'submit'
        : verification === 'rejected' || verification === 'pendingActions'
          ? 'fix'
          : verification === 'pending'
            ? 'pending'
            : status === 'active'
              ? 'active'
              : 'onboarding'
  return (
    <section className={next === 'active' ? 'standing standing-good' : 'standing'} aria-labelledby="standing">
      <h2 id="standing">{t(`admin.partner.standing.${next}`)}</h2>
      <p>{t(`admin.partner.standing.${next}Detail`)}</p>
      <dl className="facts">
        <div>
          <dt>{t('admin.partner.facts.partnerId')}</dt>
          <dd>
            <CopyText text={partnerId} />
          </dd>
        </div>
        {agreement && (
          <div>
            <dt>{t('admin.partner.facts.agreement')}</dt>
            <dd>
              {t('admin.partner.facts.signed', {
                ...{ version: agreement.version, by: agreement.signedBy },
                when: exactly(agreement.signedDateTime),
              })}
            </dd>
          </div>
        )}
        {suspension && (
          <div>
            <dt>{t('admin.partner.facts.since')}</dt>
            <dd>{exactly(suspension.sinceDateTime)}</dd>
          </div>
        )}
      </dl>
      {(next === 'suspended' || next === 'fix') && mayFix && (
        <div className="acts">
          <Link className="link-button" to="/partner/verification">
            {t('admin.partner.standing.fixNow')}
          </Link>
        </div>
      )}
    </section>
  )
}
