import { type Role, templateIds } from '../access/index.ts'
import type { PageContent, SignedInVisit } from '../http/index.ts'
import { Actions, Button, Checkbox, Form, Lead } from '../pages/index.ts'
import type { Refusal } from '../refusals.ts'
import type { AskedOf } from './requests.ts'
import { daysOf } from './terms.ts'

/** Roles that open other people's accounts, or rights: nobody gives them by a habit of pressing on. */
const OPENING: readonly Role[] = [
  'Global Administrator',
  'Privileged Role Administrator',
  'Privileged Authentication Administrator',
  'Authentication Administrator',
  'User Administrator',
  'Helpdesk Administrator',
  'Password Administrator',
]

/** What a partner asks for: each role is chosen by itself, those over credentials come unticked (partners on the wire, §2.2). */
export function requestPage(visit: SignedInVisit, { relationship, partner }: AskedOf, problem?: Refusal): PageContent {
  const { t } = visit.locale
  const { status, displayName, requestedRoles, requestedDuration } = relationship
  const names = { partner: partner.displayName, domain: partner.domain, relationship: displayName }
  const title = t('partnerRequest.title', names)
  const back = (
    <Button kind="link" href="/account">
      {t('domains.back')}
    </Button>
  )
  if (status !== 'approvalPending') {
    const state = status === 'active' || status === 'expired' ? status : 'terminated'
    return {
      title,
      children: (
        <>
          <Lead>{t(`partnerRequest.${state}`, names)}</Lead>
          <Actions>{back}</Actions>
        </>
      ),
    }
  }
  const token = visit.query.token === undefined ? {} : { token: visit.query.token }
  const at = `/partner-requests/${visit.params.id}`
  return {
    title,
    problem,
    children: (
      <>
        <Lead>{t('partnerRequest.lead', names)}</Lead>
        <Form action={`${at}/approval`} hidden={token}>
          <p>{t('partnerRequest.duration', { count: daysOf(requestedDuration) })}</p>
          <p>{t('partnerRequest.choose')}</p>
          {requestedRoles.map(role => (
            <Checkbox key={role} name={`role_${templateIds[role]}`} label={role} checked={!OPENING.includes(role)} />
          ))}
          <p>{t('partnerRequest.ends')}</p>
          <Actions>
            <Button>{t('partnerRequest.approve')}</Button>
          </Actions>
        </Form>
        <Form action={`${at}/rejection`} hidden={token}>
          <Actions>
            <Button kind="danger">{t('partnerRequest.reject')}</Button>
            {back}
          </Actions>
        </Form>
      </>
    ),
  }
}
