import type { ReactNode } from 'react'
import { type KnownAccount, ownAddress, readAccounts, type Visit } from '../http/index.ts'
import { Button, Choice, Choices, Details, Form } from '../pages/index.ts'
import { findSession, ticketFor } from '../sessions/index.ts'
import { refuse } from './errors.ts'

/** An account of this browser, and whether it is signed in. */
export interface OfferedAccount extends Pick<KnownAccount, 'id' | 'username' | 'displayName'> {
  signedIn: boolean
}

/** The account of this browser that was chosen. */
export function knownAccount(visit: Visit, id: string) {
  const account = readAccounts(visit).find(one => one.id === id)
  if (!account) throw refuse('invalid_request', { errors: [{ field: 'account', code: 'invalid' }] })
  return account
}

/** The accounts of this browser, and which of them are signed in. A deleted user's reads like any. */
export function accountsOf(visit: Visit): Promise<OfferedAccount[]> {
  const { db, act, cookies } = visit
  return Promise.all(
    readAccounts(visit).map(async ({ id, tenantId, userId, username, displayName }) => {
      const session = await findSession(db, act, ticketFor(cookies.get('session'), tenantId))
      return { id, username, displayName, signedIn: session?.user.id === userId && session.requires === null }
    }),
  )
}

/** The accounts of this browser, another one, and the way to forget one. `children`: the ways beside them. */
export function Accounts({
  visit,
  accounts,
  action,
  fields,
  signInId,
  children,
}: {
  visit: Visit
  accounts: readonly OfferedAccount[]
  /** Where a chosen account is sent, with these fields. */
  action: string
  fields?: Record<string, string> | undefined
  /** The sign-in that this page belongs to. */
  signInId?: string
  children: ReactNode
}) {
  const { t } = visit.locale
  const back = signInId === undefined ? '' : `?signin=${signInId}`
  return (
    <>
      <Choices label={t('signin.choose.title')}>
        {accounts.map(({ id, username, displayName, signedIn }) => (
          <Choice
            key={id}
            icon="person"
            label={displayName}
            hint={signedIn ? t('signin.choose.signedIn', { username }) : username}
            action={action}
            fields={{ account: id, ...fields }}
          />
        ))}
        <Choice icon="key" label={t('signin.other')} href={ownAddress(visit, { other: '' })} />
      </Choices>
      {children}
      <Details summary={t('signin.choose.forget')}>
        <p>{t('signin.choose.forgetHint')}</p>
        {accounts.map(({ id, username }) => (
          <Form key={id} action={`/signin/accounts/${id}/removal${back}`}>
            <Button kind="link">{t('signin.choose.forgetOne', { username })}</Button>
          </Form>
        ))}
      </Details>
    </>
  )
}
