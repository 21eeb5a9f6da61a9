import type { ReactNode } from 'react'
import { errorOf, formErrors, type PageContent, type SignedInVisit, typed, type Visit } from '../http/index.ts'
import { Actions, Button, Form, type FormError, Lead, NewPassword, TextField } from '../pages/index.ts'
import type { Refusal } from '../refusals.ts'
import type { Invitation, ProposedNames } from './invitations.ts'

/** Asks for the address of another Global Administrator, or says that the invitation was sent. */
export function invitePage(visit: SignedInVisit, problem?: Refusal): PageContent {
  const { t } = visit.locale
  const errors = formErrors(visit, problem)
  const sent = visit.query.sent !== undefined && !problem
  return {
    title: t('signup.invite.title'),
    problem,
    errors,
    notice: sent ? { tone: 'success', children: t('signup.invite.sent') } : undefined,
    children: (
      <>
        <Lead>{t('signup.invite.lead')}</Lead>
        <Form action={visit.path}>
          <TextField
            name="address"
            label={t('signup.invite.address')}
            value={typed(visit, 'address')}
            error={errorOf(errors, 'address')}
            type="email"
            autoFocus
          />
          <Actions>
            <Button>{t('signup.invite.go')}</Button>
            <Button kind="link" href="/account">
              {t('signup.finished.go')}
            </Button>
          </Actions>
        </Form>
      </>
    ),
  }
}

/** Asks an invited administrator for names and password. */
export function joinPage(
  visit: Visit,
  { id, address, domain, invitedBy, proposed }: Invitation,
  problem?: Refusal,
): PageContent {
  const { t } = visit.locale
  const errors = formErrors(visit, problem)
  return {
    title: t('signup.join.title'),
    problem,
    errors,
    scripts: ['newPassword'],
    children: (
      <>
        <Lead>
          {t('signup.join.lead', { who: invitedBy.displayName, organization: visit.tenant?.displayName ?? '' })}
        </Lead>
        <Form action={`/join/${id}`}>
          <AdministratorFields visit={visit} errors={errors} address={address} domain={domain} proposed={proposed} />
          <Actions>
            <Button>{t('signup.join.go')}</Button>
          </Actions>
        </Form>
      </>
    ),
  }
}

/** The names and the password of a new administrator. */
export function AdministratorFields({
  visit,
  errors,
  address,
  domain,
  proposed,
}: {
  visit: Visit
  errors: readonly FormError[]
  /** Of their mailbox, whose name is suggested. */
  address: string
  /** What follows the user name. */
  domain: string
  proposed?: ProposedNames | null
}) {
  const { t } = visit.locale
  const local = /^[a-z0-9._-]{1,64}$/i.exec(address.slice(0, address.lastIndexOf('@')).replace(/\+.*/, ''))?.[0]
  const userName = typed(visit, 'userName') ?? proposed?.userName ?? local?.toLowerCase()
  return (
    <AccountFields visit={visit} errors={errors} username={userName ?? ''} proposed={proposed}>
      <TextField
        name="userName"
        label={t('signup.administrator.userName')}
        hint={t('signup.administrator.userNameHint', { domain })}
        value={userName}
        error={errorOf(errors, 'userName')}
        autoComplete="username"
      />
    </AccountFields>
  )
}

/** The names and the password of a new account, and between them what its own name is. Japanese writes the surname first. */
export function AccountFields({
  visit,
  errors,
  username,
  proposed,
  children,
}: {
  visit: Visit
  errors: readonly FormError[]
  /** For password managers. */
  username: string
  proposed?: Pick<ProposedNames, 'givenName' | 'surname'> | null | undefined
  children?: ReactNode
}) {
  const { locale } = visit
  const { t } = locale
  const surnameFirst = locale.language === 'ja'
  const field = (name: 'givenName' | 'surname', autoComplete: string) => (
    <TextField
      key={name}
      name={name}
      label={t(`signup.administrator.${name}`)}
      value={typed(visit, name) ?? proposed?.[name]}
      error={errorOf(errors, name)}
      autoComplete={autoComplete}
      autoFocus={surnameFirst === (name === 'surname')}
    />
  )
  const names = [field('givenName', 'given-name'), field('surname', 'family-name')]
  return (
    <>
      {surnameFirst ? names.reverse() : names}
      {children}
      <NewPassword
        locale={locale}
        username={username}
        label={t('reset.password.new')}
        again={t('reset.password.again')}
        errors={errors}
      />
    </>
  )
}
