import { HOUR, MINUTE, plus, SECOND } from '../clock.ts'
import type { Means } from '../crypto/index.ts'
import { type Db, isOver } from '../store/index.ts'
import { refuse } from './errors.ts'
import { addressKey, countInWindow } from './floods.ts'
import { claimCaptcha } from './spent.ts'

/** The least age of a form. Nobody types a name sooner, and a program has to wait for each form. */
const RIPENS = 5 * SECOND
/** The greatest age. */
const LASTS = 10 * MINUTE
/** Journeys that an address may begin within the window without script. */
const PER_ADDRESS = 5
const WINDOW = HOUR

/** The form's token for browsers without script: its time and a signature, and nothing about a person. */
export function issueFormToken({ now, random, keys }: Means): string {
  const issued = now.getTime().toString(36)
  const id = random.token()
  return [issued, id, keys.mac('captcha', 'form', issued, id).toString('base64url')].join('.')
}

/**
 * Spends a form's token instead of a solved challenge. A token that comes too early stays good.
 * Throws `captcha_failed`, `captcha_too_early`, and `captcha_script_needed` where the address has begun too many like this.
 */
export async function claimFormToken(db: Db, means: Means, sent: { token: string; address: string }): Promise<void> {
  const { now, keys } = means
  const [issued = '', id = '', signature = ''] = sent.token.split('.')
  const signed = Buffer.from(signature, 'base64url')
  if (!keys.matches(signed, 'captcha', 'form', issued, id)) throw refuse('captcha_failed')
  const issuedAt = new Date(Number.parseInt(issued, 36))
  const expiresAt = plus(issuedAt, LASTS)
  if (isOver(expiresAt, now, LASTS)) throw refuse('captcha_failed')
  const early = plus(issuedAt, RIPENS).getTime() - now.getTime()
  if (early > 0) throw refuse('captcha_too_early', { retryAfter: Math.ceil(early / SECOND) })
  if (!(await claimCaptcha(db, signed, expiresAt))) throw refuse('captcha_failed')
  const { points, ends } = await countInWindow(db, means, `form:${addressKey(means.keys, sent.address)}`, WINDOW)
  if (points > PER_ADDRESS)
    throw refuse('captcha_script_needed', { retryAfter: Math.ceil((ends - now.getTime()) / SECOND) })
}
