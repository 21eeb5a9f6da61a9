import { type Db, inTenant, sql } from '../store/index.ts'
import { foldAddress } from '../typing/index.ts'
import { namesAbove } from './domainNames.ts'
import { readName } from './names.ts'
import { type AccountKind, findAccountKind, findTenantOfDomains } from './tenants.ts'
import { findUser, findUserByName } from './users.ts'

/** What a proved mailbox learns of itself (work accounts on the wire, §3). */
export interface MailboxHolder {
  /** `directory`: the account's password is kept in the company's own directory. */
  account: AccountKind | 'directory'
  /** Whether the address is somebody's there, as a name or as a mailbox. */
  you: boolean
}

/** What stands behind the domain of a mailbox that was proved, or the nearest one above it, and whether it has an account there. */
export async function findMailboxHolder(
  db: Db,
  { address, domain }: { address: string; domain: string },
): Promise<MailboxHolder> {
  const names = [domain, ...namesAbove(domain)]
  const account = await findAccountKind(db, names, 'proved')
  const tenantId = await findTenantOfDomains(db, names)
  const user = await inTenant(db, tenantId, async trx => {
    const named = await findUserByName(trx, tenantId, readName(address).folded)
    if (named) return named
    const folded = foldAddress(address)
    const { rows } = await sql<{ id: string }>`
      select id from users where tenant_id = ${tenantId} and mail_folded = ${folded} limit 1`.execute(trx)
    return rows[0] && findUser(trx, tenantId, rows[0].id)
  })
  return { account: user?.passwordMasteredIn === 'directory' ? 'directory' : account, you: user !== undefined }
}
