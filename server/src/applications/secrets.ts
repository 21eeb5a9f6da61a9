import { createHash, timingSafeEqual } from 'node:crypto'
import type { RecordedAct } from '../audit/index.ts'
import { DAY, HOUR, plus } from '../clock.ts'
import type { Means } from '../crypto/index.ts'
import { APART, type Db, inTenant, type SealedColumn, sql, type Trx } from '../store/index.ts'
import { type Application, checkConfidential, lockApplication, recordOf, touchApplication } from './applications.ts'
import { applicationError } from './errors.ts'
import { checkLabel } from './roles.ts'

/** A secret as it is stored. `hint`: its first characters, by which people tell secrets apart. */
export interface StoredSecret {
  id: string
  displayName: string
  hint: string
  sealed: Buffer
  startsAt: Date
  expiresAt: Date
  /** To the hour. */
  lastUsedAt: Date | null
}

const PURPOSE = 'application-secret'
const LONGEST_DAYS = 730
const SECRETS_AT_MOST = 20
const HINT = 3

/** A secret has 256 bits of chance, so that a plain hash cannot be guessed from. It is sealed all the same. */
const hashOf = (secret: string) => createHash('sha256').update(secret).digest()

// Sealed and not keyed: a keyed hash could not be brought to a newer secret of the installation, and secrets last years.
export const applicationSeals: readonly SealedColumn[] = [
  { table: 'application_secrets', column: 'hash_sealed', purpose: PURPOSE, key: ['app_id', 'id'] },
]

/** A secret to be made. It lasts so many days, or until a time. */
export type NewSecret = { displayName: string } & ({ days: number } | { startsAt: Date; expiresAt: Date })

/** Adds a secret. Returns it whole, this one time. Throws `public_client`, `secret_lifetime`, `secrets_at_most`. */
export async function addSecret(trx: Trx, act: RecordedAct, appId: string, secret: NewSecret) {
  const { tenantId } = trx
  const { displayName } = secret
  checkLabel(displayName)
  const application = await lockApplication(trx, tenantId, appId)
  checkConfidential(application.platform)
  const { startsAt, expiresAt } = timesOf(act, secret)
  if (application.secrets.length >= SECRETS_AT_MOST)
    throw applicationError(
      'secrets_at_most',
      `An application has at most ${SECRETS_AT_MOST} secrets. Remove one first.`,
    )
  const id = act.random.uuid(act.now)
  const secretText = act.random.token()
  const hint = secretText.slice(0, HINT)
  await trx
    .insertInto('application_secrets')
    .values({
      tenant_id: tenantId,
      app_id: appId,
      id,
      display_name: displayName,
      hint,
      hash_sealed: act.keys.seal({ purpose: PURPOSE, tenantId, rowId: id }, hashOf(secretText).toString('hex')),
      starts_at: startsAt,
      expires_at: expiresAt,
    })
    .execute()
  await touchApplication(trx, appId)
  await recordOf(trx, act, application, { activity: 'application.secret_added', details: { secret: id } })
  return { id, secretText, displayName, hint, startsAt, expiresAt }
}

function timesOf({ now }: RecordedAct, secret: NewSecret): { startsAt: Date; expiresAt: Date } {
  const refused = () => applicationError('secret_lifetime', `A secret lasts 1 to ${LONGEST_DAYS} whole days.`)
  if ('days' in secret) {
    const { days } = secret
    if (!Number.isInteger(days) || days < 1 || days > LONGEST_DAYS) throw refused()
    return { startsAt: now, expiresAt: plus(now, days * DAY) }
  }
  const { startsAt, expiresAt } = secret
  const latest = new Date(startsAt)
  latest.setUTCFullYear(latest.getUTCFullYear() + 2)
  // Programs count two years by their own clocks.
  const isTooLong = expiresAt > plus(latest, APART)
  if (isTooLong || expiresAt <= startsAt || expiresAt <= now || startsAt > plus(now, LONGEST_DAYS * DAY))
    throw applicationError('secret_lifetime', 'A secret lasts two years at most, and ends after it begins.')
  return { startsAt, expiresAt }
}

/** Removes a secret, expired or not. Throws `secret_not_found`. */
export async function removeSecret(trx: Trx, act: RecordedAct, appId: string, id: string) {
  const { tenantId } = trx
  const application = await lockApplication(trx, tenantId, appId)
  const known = application.secrets.some(secret => secret.id === id)
  if (!known) throw applicationError('secret_not_found', `The application has no secret ${id}.`)
  await trx
    .deleteFrom('application_secrets')
    .where('tenant_id', '=', tenantId)
    .where('app_id', '=', appId)
    .where('id', '=', id)
    .execute()
  await touchApplication(trx, appId)
  await recordOf(trx, act, application, { activity: 'application.secret_removed', details: { secret: id } })
}

/**
 * Judges a secret that a client sends: AADSTS7000215 where it is wrong, 7000222 where it was right and has expired.
 * `secret`: the one on record, where it is right.
 */
export function judgeSecret(
  { keys, now }: Pick<Means, 'keys' | 'now'>,
  { tenantId, secrets }: Pick<Application, 'tenantId' | 'secrets'>,
  given: string,
): { verdict: 'wrong' | 'expired' } | { verdict: 'right'; secret: StoredSecret } {
  const hash = hashOf(given)
  let outcome: ReturnType<typeof judgeSecret> = { verdict: 'wrong' }
  // All are compared, each in constant time, so that the time tells nothing of which it was.
  for (const secret of secrets) {
    const { id, sealed, startsAt, expiresAt } = secret
    const stored = Buffer.from(keys.open({ purpose: PURPOSE, tenantId, rowId: id }, sealed), 'hex')
    if (!timingSafeEqual(stored, hash) || startsAt > now) continue
    outcome = expiresAt > now ? { verdict: 'right', secret } : { verdict: 'expired' }
  }
  return outcome
}

/** Writes down that a secret was used, once an hour: an administrator removes what nobody uses. */
export async function noteSecretUse(
  db: Db,
  { now }: Pick<Means, 'now'>,
  tenantId: string,
  { id, lastUsedAt }: StoredSecret,
): Promise<void> {
  const before = plus(now, -HOUR)
  if (lastUsedAt && lastUsedAt > before) return
  await inTenant(db, tenantId, trx =>
    trx.last(() =>
      sql`update application_secrets set last_used_at = ${now}
        where tenant_id = ${tenantId} and id = ${id} and (last_used_at is null or last_used_at <= ${before})`.execute(
        trx,
      ),
    ),
  )
}
