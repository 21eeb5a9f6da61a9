import { noteRefused, type PageContent, type Visit } from '../http/index.ts'
import { Actions, Button, Form, Lead } from '../pages/index.ts'
import type { ApprovalWay } from './approval.ts'
import { refusalNumbers } from './errors.ts'
import type { SignIn } from './signIns.ts'
import { wayOn } from './wire.ts'

/** Why a sign-in leads to no application. `way`: where only an administrator can agree, the way to one. */
export function refusedPage(visit: Visit, signIn: SignIn & { state: 'refused' }, way?: ApprovalWay): PageContent {
  const { t } = visit.locale
  const { refusal, device } = signIn
  const application = signIn.application.displayName
  const number = refusalNumbers[refusal]
  // Who has said no themselves needs no help.
  if (refusal !== 'declined') noteRefused(visit, { code: `AADSTS${number}`, username: signIn.username ?? '' })
  const back = device
    ? { href: '/device', label: t('device.another') }
    : { href: wayOn(visit.services.origin, signIn) ?? '/', label: t('signin.back', { application }) }
  if (way === 'asked' || way === 'earlier')
    return {
      title: way === 'asked' ? t('reset.contact.sentTitle') : t('reset.contact.earlierTitle'),
      outcome: way === 'asked' ? 'success' : 'info',
      number,
      children: (
        <>
          <Lead>{t(`signin.approval.${way}`, { application })}</Lead>
          <Actions>
            <Button href={back.href}>{back.label}</Button>
          </Actions>
        </>
      ),
    }
  const helpdesk = typeof way === 'object' ? way.helpdesk : undefined
  const leads = way === 'open' || helpdesk !== undefined
  const actions = (
    <Actions>
      {way === 'open' && <Button>{t('signin.approval.ask')}</Button>}
      {helpdesk !== undefined && <Button href={helpdesk}>{t('reset.contact.open')}</Button>}
      <Button kind={leads ? 'link' : 'primary'} href={back.href}>
        {back.label}
      </Button>
      {refusal !== 'declined' && (
        <Button kind="link" href="/help/sign-in">
          {t('assistant.link')}
        </Button>
      )}
    </Actions>
  )
  return {
    title: t(`signin.refusal.${refusal}.title`, { application }),
    outcome: 'warning',
    number,
    children: (
      <>
        <Lead>{t(`signin.refusal.${refusal}.detail`, { application })}</Lead>
        {helpdesk !== undefined && <p>{t('signin.approval.helpdesk')}</p>}
        {way === 'nobody' && <p className="hint">{t('reset.contact.nobody')}</p>}
        {way === 'open' ? <Form action={`/signin/${signIn.id}/contact`}>{actions}</Form> : actions}
        {device && <p className="hint">{t('device.again')}</p>}
      </>
    ),
  }
}
