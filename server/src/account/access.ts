import type { Role } from '../access/index.ts'
import { listHolders, type NamedHolder, type User } from '../directory/index.ts'
import { type Db, inTenant } from '../store/index.ts'

/** Whom people ask: who gives roles, then who gets somebody back in. */
export const ASKED = [
  'Global Administrator',
  'Privileged Role Administrator',
  'User Administrator',
  'Helpdesk Administrator',
  'Password Administrator',
] as const satisfies readonly Role[]

export type AskedRole = (typeof ASKED)[number]

/** What somebody may do here, and whom to ask for more (work accounts on the wire, §1.1). */
export interface OwnAccess {
  roles: readonly Role[]
  /** The roles that somebody holds, in the order of `ASKED`. */
  ask: { role: AskedRole; people: NamedHolder[] }[]
}

/** Members learn who administers their company (work accounts on the wire, §3), and nothing of how those sign in. */
export const findOwnAccess = async (db: Db, { tenantId, roles }: User): Promise<OwnAccess> => ({
  roles: [...roles].sort(),
  ask: (await inTenant(db, tenantId, trx => listHolders(trx, ASKED))) as OwnAccess['ask'],
})
