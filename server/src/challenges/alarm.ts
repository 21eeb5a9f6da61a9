import type { Act } from '../act.ts'
import { type AuditEvent, countEvents, findTrail, record } from '../audit/index.ts'
import type { Means } from '../crypto/index.ts'
import { findAccount, findOtherAdministrators, getTenant, type User } from '../directory/index.ts'
import { countGuess } from '../limits/index.ts'
import { findAdministratorAddresses, findNoticeAddresses, methodsOf } from '../methods/index.ts'
import { type Mail, mailAdministrators, tellOfAccount } from '../notifications/index.ts'
import { protectionOf } from '../policies/index.ts'
import { askOne, type Db, enqueue, inTenant, sql, type Trx } from '../store/index.ts'

declare global {
  namespace GraphileWorker {
    interface Tasks {
      'tell-of-block': { tenantId: string; userId: string; correlationId: string }
      'alarm-of-guessing': { tenantId: string }
    }
  }
}

/** Records an alarm of the tenant, and mails its administrators the text of `mailOf`. */
async function raiseAlarm(
  trx: Trx,
  means: Means,
  event: Pick<AuditEvent, 'activity' | 'details'>,
  mailOf: (organization: string) => Mail,
) {
  const tenant = await getTenant(trx, trx.tenantId)
  const act: Act = { ...means, actor: { kind: 'system' }, trail: { correlationId: means.random.uuid(means.now) } }
  await record(trx, act, { ...event, result: 'success' })
  const administrators = await findOtherAdministrators(trx, trx.tenantId)
  await mailAdministrators(trx, act, { tenant, administrators }, mailOf(tenant.displayName))
}

/** Records that a tenant has sent so many percent of its codes of the day, and mails its administrators. A stranger may be running up the bill. */
export async function raiseSendAlarm(trx: Trx, means: Means, percent: 80 | 100) {
  const { messagesPerDay } = await askOne(trx, protectionOf(trx.tenantId))
  const event = {
    activity: percent === 100 ? 'messages.limit_reached' : 'messages.limit_near',
    details: { percent: String(percent), messagesPerDay: String(messagesPerDay) },
  } as const
  await raiseAlarm(trx, means, event, organization => ({
    template: 'message_limit',
    variables: { organization, percent, messagesPerDay },
  }))
}

/** Counts a failed proof of a stranger for the whole tenant, and has its administrators told once there are many. To be called last: all requests of the tenant share the count. */
export async function noteGuess(trx: Trx, means: Means, tenantId: string): Promise<void> {
  if (await countGuess(trx, means, tenantId)) await enqueue(trx, 'alarm-of-guessing', { tenantId })
}

/** Has the owner told that proofs are blocked. Enqueued for every name: the job finds out whether it has an owner. */
export const tellOfBlockLater = (trx: Trx, user: User, correlationId: string) =>
  enqueue(trx, 'tell-of-block', { tenantId: user.tenantId, userId: user.id, correlationId })

/** Tells the owner of an account, at most once a day, that proofs are blocked after failures. */
export async function tellOfBlock(
  db: Db,
  means: Means,
  { tenantId, userId, correlationId }: GraphileWorker.Tasks['tell-of-block'],
): Promise<void> {
  await inTenant(db, tenantId, async trx => {
    const { user } = await findAccount(trx, { id: userId }, true)
    if (!user || (await countEvents(trx, 'proofs.block_told', means.now, user.id)) > 0) return
    const failed = await findTrail(trx, user.id, correlationId, ['reset.proof_failed', 'proof.failed'])
    const { address, userAgent } = failed.at(-1) ?? {}
    const trail = { correlationId, ...(address && { address }), ...(userAgent && { userAgent }) }
    const act: Act = { ...means, actor: { kind: 'system' }, trail }
    const addresses = await findNoticeAddresses(trx, means, user, await askOne(trx, methodsOf(means, user)))
    const { preferredLanguage } = user
    const readers = addresses.map(to => ({ to, preferredLanguage, template: 'proofs_blocked' }) as const)
    await tellOfAccount(trx, act, user, { readers })
    await record(trx, act, {
      activity: 'proofs.block_told',
      result: 'success',
      target: { id: user.id, name: user.userPrincipalName },
    })
  })
}

/** Tells the owner of an account that a recovery code of theirs was used, and how many are left. */
export async function tellOfCode(trx: Trx, act: Act, user: User, codesLeft: number): Promise<void> {
  if (await isEmergency(trx, user)) return tellOfEmergency(trx, act, user)
  const addresses = await findNoticeAddresses(trx, act, user, await askOne(trx, methodsOf(act, user)))
  const { preferredLanguage } = user
  const readers = addresses.map(to => ({ to, preferredLanguage, template: 'recovery_code_used' }) as const)
  await tellOfAccount(trx, act, user, { readers, about: { codesLeft: String(codesLeft) } })
}

/** Tells the Global Administrators and the technical contact that a code of the emergency account was used, which nobody may do unseen. */
async function tellOfEmergency(trx: Trx, act: Act, user: User): Promise<void> {
  const { tenantId } = trx
  const { technical_notification_mails: contacts, preferred_language: preferredLanguage } = await trx
    .selectFrom('tenants')
    .select(['technical_notification_mails', 'preferred_language'])
    .where('tenant_id', '=', tenantId)
    .executeTakeFirstOrThrow()
  const administrators = await findAdministratorAddresses(trx, act, user.id)
  const all = [...administrators, ...contacts.map(to => ({ to, preferredLanguage }))]
  const readers = all.filter(({ to }, place) => all.findIndex(one => one.to === to) === place)
  const target = { id: user.id, name: user.userPrincipalName }
  await record(trx, act, { activity: 'recovery_codes.used', result: 'success', target })
  await tellOfAccount(trx, act, user, {
    readers: readers.map(reader => ({ ...reader, template: 'emergency_code_used' })),
  })
}

const isEmergency = async (trx: Trx, { id }: User): Promise<boolean> => {
  const { rows } = await sql`
    select from tenants where tenant_id = ${trx.tenantId} and emergency_user_id = ${id}`.execute(trx)
  return rows.length > 0
}

/** Records that strangers fail far more proofs than is usual, and mails the administrators, at most once a day. */
export async function alarmOfGuessing(
  db: Db,
  means: Means,
  { tenantId }: GraphileWorker.Tasks['alarm-of-guessing'],
): Promise<void> {
  await inTenant(db, tenantId, async trx => {
    if ((await countEvents(trx, 'proofs.alarm', means.now)) > 0) return
    await raiseAlarm(trx, means, { activity: 'proofs.alarm' }, organization => ({
      template: 'guessing',
      variables: { organization },
    }))
  })
}
