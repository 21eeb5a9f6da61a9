import { importJWK, type JWK, SignJWT } from 'jose'
import type { Act } from '../act.ts'
import { findApplication } from '../applications/index.ts'
import { record } from '../audit/index.ts'
import { MINUTE, secondsOf } from '../clock.ts'
import { findUser, type Logout } from '../directory/index.ts'
import { type Db, enqueue, inTenant } from '../store/index.ts'
import { formOf, TargetError, type Targets } from '../targets/index.ts'
import { findSigningKeys } from './keys.ts'

/** How long after each failure the next try begins: three tries within ten minutes. */
const WAITS = [MINUTE, 8 * MINUTE]

/** What a logout token is about (Back-Channel Logout, §2.4). */
const EVENT = 'http://schemas.openid.net/event/backchannel-logout'

/**
 * Tells an application that a session of its user has ended, or all. Where it does not take that, another job tries
 * later; after the last try an event says so.
 */
export async function sendLogout(db: Db, act: Act, targets: Targets, logout: Logout): Promise<void> {
  const { tenantId, appId, userId, failed = 0 } = logout
  const application = await findApplication(db, tenantId, appId)
  if (!application?.backChannelLogoutUri) return
  const token = await logoutToken(db, act, logout)
  try {
    await targets.post(application.backChannelLogoutUri, formOf({ logout_token: token }))
  } catch (error) {
    if (!(error instanceof TargetError)) throw error
    const wait = WAITS[failed]
    await inTenant(db, tenantId, async trx => {
      if (wait !== undefined) return enqueue(trx, 'send-logout', { ...logout, failed: failed + 1 }, { after: wait })
      const user = await findUser(trx, tenantId, userId)
      await record(trx, act, {
        activity: 'logout.not_delivered',
        result: 'failure',
        reason: error.code,
        ...(user && { target: { id: user.id, name: user.userPrincipalName } }),
        details: { application: application.displayName },
      })
    })
  }
}

/** Made anew for each try: it holds for two minutes, and once. */
async function logoutToken(db: Db, act: Act, { tenantId, appId, userId, issuer, sid }: Logout): Promise<string> {
  const [key] = await findSigningKeys(db, act, tenantId)
  const issuedAt = secondsOf(act.now)
  return new SignJWT({ events: { [EVENT]: {} }, ...(sid !== undefined && { sid }) })
    .setProtectedHeader({ alg: 'RS256', typ: 'logout+jwt', kid: key!.id })
    .setIssuer(issuer)
    .setSubject(userId)
    .setAudience(appId)
    .setIssuedAt(issuedAt)
    .setExpirationTime(issuedAt + 120)
    .setJti(act.random.uuid(act.now))
    .sign(await importJWK(key!.privateKey() as JWK, 'RS256'))
}
