import { type Role, templateIds } from '../access/index.ts'
import { type PageContent, type SignedInVisit, typed } from '../http/index.ts'
import { Actions, Button, Checkbox, Form, Lead, SelectField } from '../pages/index.ts'
import type { Refusal } from '../refusals.ts'
import type { InvitedTo } from './invitations.ts'
import type { AskedOf } from './requests.ts'
import { daysOf, daysWithin } from './terms.ts'

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

/** What a partner asks for: each role is chosen by itself, those over credentials come unticked, and a shorter time may be chosen (partners on the wire, §2.2). */
export function requestPage(visit: SignedInVisit, { relationship, partner }: AskedOf, problem?: Refusal): PageContent {
  const { t } = visit.locale
  const { status, displayName, requestedRoles, requestedDuration } = relationship
  const names = { partner: partner.displayName, domain: partner.domain, relationship: displayName }
  const title = t('partnerRequest.title', names)
  if (status !== 'approvalPending') {
    const state = status === 'active' || status === 'expired' ? status : 'terminated'
    return { title, children: <Decided visit={visit}>{t(`partnerRequest.${state}`, names)}</Decided> }
  }
  const at = `/partner-requests/${visit.params.id}`
  return {
    title,
    problem,
    children: (
      <>
        <Lead>{t('partnerRequest.lead', names)}</Lead>
        <Form action={`${at}/approval`}>
          <p>{t('partnerRequest.choose')}</p>
          {requestedRoles.map(role => (
            <Checkbox key={role} name={`role_${templateIds[role]}`} label={role} checked={!OPENING.includes(role)} />
          ))}
          <SelectField
            name="duration"
            label={t('partnerRequest.endsAfter')}
            value={typed(visit, 'duration') ?? `P${daysOf(requestedDuration)}D`}
            options={daysWithin(requestedDuration).map(count => ({
              value: `P${count}D`,
              label: t('partnerRequest.days', { count }),
            }))}
          />
          <p>{t('partnerRequest.ends')}</p>
          <Actions>
            <Button>{t('partnerRequest.approve')}</Button>
          </Actions>
        </Form>
        <Form action={`${at}/rejection`}>
          <Actions>
            <Button kind="danger">{t('partnerRequest.reject')}</Button>
            <Back visit={visit} />
          </Actions>
        </Form>
      </>
    ),
  }
}

/** What a partner invites a company to. Nothing is ticked beforehand (partners on the wire, §2.3). */
export function invitationPage(
  visit: SignedInVisit,
  { invitation, partner }: InvitedTo,
  problem?: Refusal,
): PageContent {
  const { t } = visit.locale
  const { kind, status, dap } = invitation
  const names = { partner: partner.displayName, domain: partner.domain }
  const title = t('partnerInvitation.title', names)
  if (status === 'accepted' || status === 'declined')
    return { title, children: <Decided visit={visit}>{t(`partnerInvitation.${status}`, names)}</Decided> }
  const at = `/partner-invitations/${visit.params.id}`
  return {
    title,
    problem,
    children: (
      <>
        <Lead>{t('partnerInvitation.lead', names)}</Lead>
        <Form action={`${at}/acceptance`}>
          <p>{t(`partnerInvitation.what_${kind}`, names)}</p>
          <Checkbox name="agree" label={t('partnerInvitation.agree')} checked={false} />
          {dap ? <Checkbox name="dap" label={t('partnerInvitation.dap')} checked={false} /> : null}
          <Checkbox name="rescue" label={t('partnerInvitation.rescue', names)} checked={false} />
          <Actions>
            <Button>{t('partnerInvitation.accept')}</Button>
          </Actions>
        </Form>
        <Form action={`${at}/rejection`}>
          <Actions>
            <Button kind="danger">{t('partnerInvitation.decline')}</Button>
            <Back visit={visit} />
          </Actions>
        </Form>
      </>
    ),
  }
}

const Back = ({ visit }: { visit: SignedInVisit }) => (
  <Button kind="link" href="/account">
    {visit.locale.t('domains.back')}
  </Button>
)

const Decided = ({ visit, children }: { visit: SignedInVisit; children: string }) => (
  <>
    <Lead>{children}</Lead>
    <Actions>
      <Back visit={visit} />
    </Actions>
  </>
)
