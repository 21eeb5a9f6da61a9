import { HOUR, MINUTE } from '../clock.ts'
import type { MailboxChallenge } from '../mailboxes/index.ts'

/** How long the mailbox may take to be proved, and the rest after that (work accounts on the wire, §2). */
export const PROVE_LASTS = 15 * MINUTE
export const REST_LASTS = HOUR

/** How long the emergency account's codes wait to be kept. */
export const KEEP_LASTS = 24 * HOUR

/** What somebody says of the organization. */
export interface Organization {
  displayName: string
  country: string
  label: string
  /** Who is told of technical matters; the address that signs up where nobody else is named. */
  technicalContact: string | undefined
}

/** The tenant that a sign-up has made. */
export interface Made {
  tenantId: string
  userId: string
  userPrincipalName: string
}

/** The codes of the emergency account: two sheets, to be kept apart. */
export interface Emergency {
  userPrincipalName: string
  codes: { A: string[]; B: string[] }
}

/** Whom a sign-up is for: a company, which gets a tenant, or its reader alone. */
export type SignupFor = 'company' | 'myself'

interface Begun {
  id: string
  for: SignupFor
  address: string
  /** Of the address, as it is looked up. */
  domain: string
  language: string
  expiresAt: Date
  organization: Organization | undefined
  /** The onboarding that it was begun from. */
  onboardingId: string | undefined
  /** The invitation that it began by. */
  invitationId: string | undefined
}

/** A sign-up at one moment. Its state is computed from what was proved and made, and never stored. */
export type Signup = Begun &
  (
    | { state: 'prove-address'; challenge: MailboxChallenge | undefined }
    /** The domain has work accounts. `you`: the address is somebody's there. */
    | { state: 'exists'; account: 'managed' | 'directory' | 'unmanaged'; you: boolean }
    /** The account gets this name. */
    | { state: 'person'; userPrincipalName: string }
    /** The company lets nobody in who has a mailbox there alone. */
    | { state: 'refused'; refusal: 'signup_off_for_tenant' }
    | { state: 'organization' }
    | { state: 'administrator'; organization: Organization }
    | { state: 'keep-codes'; made: Made; emergency: Emergency }
    | { state: 'finished'; made: Made }
    | { state: 'expired' }
  )

export type SignupIn<State extends Signup['state']> = Extract<Signup, { state: State }>
