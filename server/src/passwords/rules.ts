import type { RawBuilder } from 'kysely'
import { DAY, HOUR, plus } from '../clock.ts'
import { type Means, openHash } from '../crypto/index.ts'
import type { User, UserRef } from '../directory/index.ts'
import { type ProtectionSettings, protectionOf } from '../policies/index.ts'
import { ask, combine, isOver, type Read, sql, type Trx } from '../store/index.ts'
import { containsName, fold, isBanned, lengthOf, TERM_LENGTH, type Terms, termsOf } from './bannedWords.ts'
import type { PasswordChecks } from './checks.ts'
import { compositionRefusals } from './composition.ts'
import type { PasswordRefusal } from './errors.ts'
import { formerPlaceOf, placeOf } from './sealed.ts'
import { formerPasswordsOf, passwordOf, type StoredPassword } from './stored.ts'

/** The rules for a person's next password, from `readPasswordRules`. */
export interface PasswordRules {
  user: User
  /** Folded: the person's and the tenant's, which a password must not contain. */
  names: readonly string[]
  /** The tenant's own banned words. */
  terms: Terms
  /** The person chose their present password too recently to choose another. */
  tooRecent: boolean
  /** For a change: the hash of the present password. */
  current: string | undefined
  /** Hashes of passwords that may not come again, newest first. */
  former: readonly string[]
  /** How many of them are kept. Undefined: none, and none is left from before. */
  history: number | undefined
  breachedUnreachable: ProtectionSettings['breachedPasswordsUnreachable']
}

/** `change`: by a person who knows the current one. `reset`: by one who does not, or the first password. */
export type Setting = 'change' | 'reset'

/** The tenant's part of the rules. */
const tenantRulesOf = (tenantId: string): Read<{ names: string[]; words: string[] }> => ({
  sql: sql`(
    select json_build_object('displayName', t.display_name,
      'domains', array(select d.name from domains d where d.tenant_id = ${tenantId} and d.verified_at is not null),
      'words', array(select b.word from banned_words b where b.tenant_id = ${tenantId}
        and coalesce((t.protection->>'customBannedWordsEnforced')::boolean, true)))
    from tenants t where t.tenant_id = ${tenantId})`,
  read(json) {
    const tenant = json as { displayName: string; domains: string[]; words: string[] } | null
    if (!tenant) return { names: [], words: [] }
    return { names: [tenant.displayName, ...tenant.domains.map(firstLabel)], words: tenant.words }
  },
})

/** Whether any replaced password of the user is still kept. */
const hasHistory = ({ tenantId, id }: User): Read<boolean> => ({
  sql: sql`exists(select from password_history where tenant_id = ${tenantId} and user_id = ${id})`,
  read: json => json === true,
})

/** Reads the rules for a person's next password, in one statement. Without an account, pass `nobody`. */
export async function readPasswordRules(trx: Trx, means: Means, user: User, setting: Setting): Promise<PasswordRules> {
  const { tenantId } = user
  const { tenant, protection, stored, former, kept } = await ask(trx, {
    tenant: tenantRulesOf(tenantId),
    protection: protectionOf(tenantId),
    stored: passwordOf(user),
    former: formerPasswordsOf(user),
    kept: hasHistory(user),
  })
  const history = protection.passwordHistory
  const own = stored && openHash(means.keys, placeOf(tenantId, user.id), stored.record)
  const opened = former.map(({ id, record }) => openHash(means.keys, formerPlaceOf(tenantId, id), record) ?? '')
  return {
    user,
    names: namesOf(user, tenant.names),
    terms: termsOf(tenant.words.map(fold)),
    tooRecent: setting === 'change' && !!stored && isTooRecent(stored, protection, means.now),
    current: setting === 'change' ? own : undefined,
    // In a reset the present password is unknown, so it counts beside the former ones.
    former: [...(setting === 'reset' && history > 0 && own ? [own] : []), ...opened],
    history: history > 0 || kept ? history : undefined,
    breachedUnreachable: protection.breachedPasswordsUnreachable,
  }
}

/** Whether a password is older than the tenant lets it become, so that it has to be changed at the next sign-in. */
function isExpired(stored: { setAt: Date }, protection: ProtectionSettings, now: Date): boolean {
  const days = protection.passwordMaximumAgeDays
  return days > 0 && isOver(plus(stored.setAt, days * DAY), now, days * DAY)
}

/**
 * Whether the person must choose another password now: this one is temporary, or too old. A directory ages its own. It is
 * judged by the user, who may be read beside it.
 */
export const mustChangeOf = ({ now }: Pick<Means, 'now'>, ref: UserRef): Read<(user: User) => boolean> =>
  combine(
    { stored: passwordOf(ref), protection: protectionOf(ref.tenantId), ages: agesOf(ref) },
    facts => user => mustChange(now, { user, ...facts }),
  )

/** The same of facts that were read. `ages`: by `agesOf`. */
export function mustChange(
  now: Date,
  {
    user,
    stored,
    protection,
    ages,
  }: { user: User; stored: StoredPassword | undefined; protection: ProtectionSettings; ages: boolean },
): boolean {
  if (user.directory) return user.directory.mustChange
  if (!stored) return false
  return stored.mustChange || (ages && user.passwordMasteredIn === 'cloud' && isExpired(stored, protection, now))
}

/** Whether the person's password grows too old: an administrator may say of one account that it does not. */
export const agesOf = ({ tenantId, id }: { tenantId: string; id: string | RawBuilder<unknown> }): Read<boolean> => ({
  sql: sql`(select password_policies is null from users where tenant_id = ${tenantId} and id = ${id})`,
  read: json => json !== false,
})

/** Whether a temporary password works no more. */
export const isTemporaryOver = (stored: { setAt: Date }, protection: ProtectionSettings, now: Date): boolean =>
  isOver(temporaryUntil(stored.setAt, protection), now, protection.temporaryPasswordHours * HOUR)

/** When a temporary password that was set then stops working. */
export const temporaryUntil = (setAt: Date, protection: ProtectionSettings): Date =>
  plus(setAt, protection.temporaryPasswordHours * HOUR)

// A required change never waits: a temporary or expired password would stay.
function isTooRecent(stored: { setAt: Date; mustChange: boolean }, protection: ProtectionSettings, now: Date): boolean {
  if (stored.mustChange || isExpired(stored, protection, now)) return false
  const days = protection.passwordMinimumAgeDays
  // By another replica's clock a password may have been set in the future.
  return days > 0 && !isOver(plus(stored.setAt, days * DAY), now, days * DAY)
}

/** The same rules with further names that a password must not contain, of what is only being made. */
export const withNames = (rules: PasswordRules, names: readonly string[]): PasswordRules => ({
  ...rules,
  names: [...rules.names, ...names.map(fold).filter(name => lengthOf(name) >= TERM_LENGTH.shortest)],
})

const firstLabel = (domain: string) => domain.split('.')[0] ?? ''

/** The whole part before the @ is one name: cut at its dots it would ban common words. */
function namesOf(user: User, ofTenant: readonly string[]): string[] {
  const { givenName, surname, userPrincipalName } = user
  const localPart = userPrincipalName.slice(0, Math.max(0, userPrincipalName.lastIndexOf('@')))
  const names = [givenName ?? '', surname ?? '', localPart, ...ofTenant].map(fold)
  return [...new Set(names)].filter(name => lengthOf(name) >= TERM_LENGTH.shortest)
}

/**
 * Every rule that a password fails by itself, without history and breaches: cheap enough for a transaction. Expects a
 * password from `normalizePassword`.
 */
export function findRefusals(
  { globalTerms }: Pick<PasswordChecks, 'globalTerms'>,
  rules: PasswordRules,
  password: string,
): PasswordRefusal[] {
  const refused = compositionRefusals(password)
  if (rules.tooRecent) refused.push('password_too_recent')
  // A search of a text of any length would cost too much.
  if (refused.includes('password_too_long')) return refused
  const folded = fold(password)
  if (containsName(folded, rules.names)) refused.push('password_contains_name')
  // A short password has too few points because it is short, and is told only that.
  if (!refused.includes('password_too_short') && isBanned(folded, [globalTerms(), rules.terms]))
    refused.push('password_banned')
  return refused
}
