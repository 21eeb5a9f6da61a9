import type { Trx } from '../store/index.ts'
import type { DirectoryAccount, User } from './users.ts'

/** What the company's directory said of a person's entry. */
export interface DirectoryNews {
  mustChange?: boolean
  /** Since when it is locked; null: it is not. */
  lockedAt?: Date | null
  lockout?: DirectoryAccount['lockout']
  /** When a password was set there. */
  passwordAt?: Date
  /** When a password was sent whose end nobody knows; null: its end is known. */
  unsureAt?: Date | null
}

/** Keeps it beside the person. */
export async function noteDirectory(trx: Trx, { tenantId, id }: User, news: DirectoryNews): Promise<void> {
  const { mustChange, lockedAt, lockout, passwordAt, unsureAt } = news
  const columns = {
    ...(mustChange !== undefined && { directory_must_change: mustChange }),
    ...(lockedAt !== undefined && { directory_locked_at: lockedAt }),
    ...(lockout !== undefined && { directory_lockout: lockout && JSON.stringify(lockout) }),
    ...(passwordAt !== undefined && { directory_password_at: passwordAt }),
    ...(unsureAt !== undefined && { directory_unsure_at: unsureAt }),
  }
  if (Object.keys(columns).length === 0) return
  await trx.updateTable('users').set(columns).where('tenant_id', '=', tenantId).where('id', '=', id).execute()
}
