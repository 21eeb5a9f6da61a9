import { type Case, isHeldBy } from '../cases/index.ts'
import type { Means } from '../crypto/index.ts'
import { findUser, NOBODYS_TENANT, type User } from '../directory/index.ts'
import { findRescueReaders } from '../links/index.ts'
import { findMailboxChallenge, type MailboxChallenge } from '../mailboxes/index.ts'
import type { Session } from '../sessions/index.ts'
import { type Db, inTenant, type Trx } from '../store/index.ts'
import { refusePerson } from './errors.ts'
import { lookAt } from './look.ts'
import { findObjectors, findToldMailboxes, keyOf } from './mails.ts'
import { caseRowOf, type Found, findRescue, findTenantOfRescue } from './queries.ts'
import { PROOF_LASTS, type Rescue } from './rescue.ts'
import { formerMailboxes, formerObjectors } from './undo.ts'

/** A rescue, and as whom it is read: who asked, or somebody who is told and can object. `member` null: of another mailbox. */
export type Reading = { rescue: Rescue; one: Omit<Case, 'challenge'> } & (
  | { as: 'asker'; challenge: MailboxChallenge | undefined; isProved: boolean }
  | { as: 'told'; member: User | null }
)

/** Who asks: a browser, and the session that it may have. */
interface Reader {
  browserToken: string | undefined
  session: Session | undefined
  /** As somebody who is told, though the browser may hold the case too. */
  isTold?: boolean
}

/**
 * A rescue, for the browser that holds its case and for everybody who is told: by their own mailed link or their session.
 * What is over is ended first. Throws `not_found`.
 */
export async function openRescue(db: Db, means: Means, id: string, reader: Reader): Promise<Reading> {
  const tenantId = await findTenantOfRescue(db, id)
  const mayRead = await inTenant(db, tenantId, trx => readerOf(trx, means, id, reader))
  if (!mayRead) throw refusePerson('not_found')
  await lookAt(db, means, { tenantId, id })
  const read = await inTenant(db, tenantId, async trx => {
    const found = await findRescue(trx, means, id)
    const kept = found && (await caseRowOf(trx, means, found.rescue))
    return kept && { found, one: kept.case, reader: await readerOf(trx, means, id, reader) }
  })
  if (!read?.reader) throw refusePerson('not_found')
  const { found, one } = read
  const { rescue } = found
  if (read.reader.as === 'told') return { as: 'told', rescue, one, member: read.reader.member }
  const challenge =
    rescue.state === 'ready'
      ? await inTenant(db, NOBODYS_TENANT, trx => findMailboxChallenge(trx, means, id))
      : undefined
  return { as: 'asker', rescue, one, challenge, isProved: isFresh(found, means.now) }
}

/** Whether the mailbox was proved anew for the last step. */
const isFresh = ({ row }: Found, now: Date) =>
  row.proved_at !== null && row.proved_at <= now && now.getTime() < row.proved_at.getTime() + PROOF_LASTS

async function readerOf(
  trx: Trx,
  means: Means,
  id: string,
  { browserToken, session, isTold }: Reader,
): Promise<{ as: 'asker' } | { as: 'told'; member: User | null } | undefined> {
  const found = await findRescue(trx, means, id)
  if (!found) return undefined
  const kept = await caseRowOf(trx, means, found.rescue)
  if (!isTold && kept && isHeldBy(means, kept.row, browserToken)) return { as: 'asker' }
  const member = await findTold(trx, means, found, { browserToken, session })
  return member === undefined ? undefined : { as: 'told', member }
}

/** Somebody who hears of it; null: a mailbox of nobody in the directory. */
async function findTold(
  trx: Trx,
  means: Means,
  { row, rescue }: Found,
  { browserToken, session }: Reader,
): Promise<User | null | undefined> {
  // Before a firm has taken it there is nothing to hear of.
  if (!row.approved_at && !row.taken_at) return undefined
  const isThere = session?.tenantId === trx.tenantId && session.requires !== 'second-step'
  const readers = isThere
    ? [{ userId: session.user.id, mailboxHash: null }]
    : await findRescueReaders(trx, means, row.id, browserToken)
  const [reader] = readers
  if (!reader) return undefined
  if (reader.userId === null) {
    const hashes = readers.map(({ mailboxHash }) => mailboxHash!.toString('base64url'))
    return (await areTold(trx, means, row, hashes)) ? null : undefined
  }
  const user = await findUser(trx, trx.tenantId, reader.userId)
  const objectors = [...(await findObjectors(trx, rescue)), ...formerObjectors(row)]
  // Whom the rescue made an administrator undoes nothing.
  const isNew = rescue.act === 'newAdministrator' && reader.userId === row.user_id
  return user && objectors.includes(user.id) && !isNew ? user : undefined
}

/** Whether one of these mailboxes is told now, or was when it was finished: a link ends with what it was mailed for. */
async function areTold(trx: Trx, means: Means, row: Found['row'], hashes: readonly string[]): Promise<boolean> {
  const now = (await findToldMailboxes(trx, means)).flatMap(to => means.keys.macs('mailbox', keyOf(to)))
  const told = [...now.map(hash => hash.toString('base64url')), ...formerMailboxes(row)]
  return hashes.some(hash => told.includes(hash))
}
