import type { Act } from '../act.ts'
import type { DirectoryNews, User } from '../directory/index.ts'
import type { Refusal } from '../refusals.ts'
import type { Db, Trx } from '../store/index.ts'
import type { PasswordChecks } from './checks.ts'
import type { PasswordRules, Setting } from './rules.ts'

/**
 * The answer of a home to a change. `ended`: the change may no longer be made. `unknown`: no word came, so nothing
 * changes on record here. The home asks what became of it at the next try, and writes nothing later. `unable`: a
 * directory's no to us and not to the password. Both have their reason for administrators (§9.8).
 */
export type Answer<T> = { done: T } | { unable: string } | { unknown: string } | Refusal | 'ended'

/** What commits here with a change at a home. A home may call `open` more than once: first before anything is written. */
export interface Within<Opened extends { user: User }, Claimed, T> {
  /** Locks and reads anew what the change depends on. Undefined, or a refusal, where it may no longer be made. */
  open(trx: Trx): Promise<Opened | undefined>
  /** Spends what allows the change, and reads what the end needs. Sent together with the change; throws where another request was quicker. */
  claim(trx: Trx, opened: Opened): Promise<Claimed>
  /** Makes the changes that follow, which may commit. `user`: as the change leaves them. */
  conclude(trx: Trx, opened: Opened, user: User, claimed: Claimed): Promise<T>
}

/** A password as it is compared. `matches`: it is the one whose hash is kept here. */
export interface Comparison {
  tenantId: string
  user: User | undefined
  /** Whether an agent of the tenant takes requests: then every name's comparison asks it for as much. */
  isAgentUp: boolean
  password: string
  matches: boolean
}

/** Whether a password is right. `news`: what its directory said beside. */
export interface Compared {
  right: boolean
  news?: DirectoryNews
}

/** What a home knows of an account when a reset begins. */
export interface Looked {
  isLocked: boolean
  /** The rules for the next password, where they are not ours. */
  rules?: DirectoryRules
}

/** The rules of the directory that will judge a password. */
export interface DirectoryRules {
  minimumLength: number
  history: number
  complexity?: boolean
  minimumAgeDays?: number
}

/** Where passwords are kept: here, or in a directory that answers late or not at all. No transaction is open while it is asked. */
export interface PasswordHome {
  /** Whether this is the password. Its attempt is counted before. */
  verify(asked: Comparison): Promise<Compared | 'unknown'>
  /** How the account stands where its password is kept. Undefined: nothing more is known than what is on record here. */
  look(asked: Pick<Comparison, 'tenantId' | 'user' | 'isAgentUp'>): Promise<Looked | undefined>
  /** The rules for the next password, as they are on record here: a transaction is open, so nobody outside is asked. */
  rules(trx: Trx, act: Act, user: User, setting: Setting): Promise<PasswordRules>
  /** Judges a new password and sets it. `currentPassword`: for a change by a person who knows it. `mustChange`: at the next sign-in. */
  set<Opened extends { user: User }, Claimed, T>(
    db: Db,
    act: Act,
    checks: PasswordChecks,
    asked: { rules: PasswordRules; newPassword: string; currentPassword?: string; mustChange?: true },
    within: Within<Opened, Claimed, T>,
  ): Promise<Answer<T>>
  /** Removes the lock and leaves the password as it is. */
  unlock<Opened extends { user: User }, Claimed, T>(
    db: Db,
    act: Act,
    user: User,
    within: Within<Opened, Claimed, T>,
  ): Promise<Answer<T>>
}

/** The checks of new passwords, and the home of each user's. A name that leads to nobody has one too. */
export interface Passwords extends PasswordChecks {
  homeOf(user: User | undefined): PasswordHome
}
