import type { Challenge } from 'altcha-lib/types'
import { SECOND } from '../clock.ts'
import type { Means } from '../crypto/index.ts'
import type { Db } from '../store/index.ts'
import { issueChallenge, verifySolved } from './challenge.ts'
import { refuse } from './errors.ts'
import { claimCaptcha } from './spent.ts'
import { findNeededWork } from './work.ts'

/** The captcha of a deployment. */
export interface Captcha {
  /** Whether a reset begins with it; the operator decides, never a request. */
  required: boolean
  /** A challenge as hard as names of this domain need now, whether or not anybody has such a name. */
  issue(means: Means, domain: string): Promise<Challenge>
  /** Spends a solved challenge, as a client sent it. Throws `captcha_failed`. */
  claim(means: Means, domain: string, solved: string): Promise<void>
}

export interface CaptchaOptions {
  required: boolean
  /** The tenant of a domain, or the tenant of nobody. */
  findTenantId(db: Db, domain: string): Promise<string>
}

/** How long a tenant's need is remembered: counting is costly just when many ask. */
const REMEMBERED = 5 * SECOND

/** A solution counts from half of the work that is needed now. */
const GRACE = 2

/** The captcha of a deployment, which remembers for seconds how hard it has to be. */
export function createCaptcha(db: Db, { required, findTenantId }: CaptchaOptions): Captcha {
  const tenants = briefMemory<string>()
  const works = briefMemory<number>()
  const neededFor = async (means: Means, typedDomain: string) => {
    const domain = typedDomain.slice(0, 100) // longer than any domain, and short enough to remember
    const tenantId = await tenants(means, domain, () => findTenantId(db, domain))
    return works(means, tenantId, () => findNeededWork(db, means, tenantId))
  }
  return {
    required,
    async issue(means, domain) {
      return issueChallenge(means, await neededFor(means, domain))
    },
    async claim(means, domain, text) {
      const solved = await verifySolved(means, text)
      if (!solved) throw refuse('captcha_failed')
      // Judged by the work needed now. Otherwise an attacker would store cheap solutions, or ask in the name of a quiet
      // tenant. The grace is for people: the rate may rise while they type their name.
      if (solved.work * GRACE < (await neededFor(means, domain))) throw refuse('captcha_failed')
      if (!(await claimCaptcha(db, solved.id, solved.expiresAt))) throw refuse('captcha_failed')
    },
  }
}

/** Remembers at most a thousand answers for a few seconds. Callers that wait for the same answer share one query. */
function briefMemory<T>(): (means: Means, key: string, ask: () => Promise<T>) => Promise<T> {
  const known = new Map<string, { answer: Promise<T>; until: number }>()
  return ({ now }, key, ask) => {
    const found = known.get(key)
    if (found && found.until > now.getTime() && found.until <= now.getTime() + REMEMBERED) return found.answer
    const answer = ask()
    known.delete(key)
    const oldest = known.size >= 1_000 ? known.keys().next().value : undefined
    if (oldest !== undefined) known.delete(oldest)
    const entry = { answer, until: now.getTime() + REMEMBERED }
    known.set(key, entry)
    answer.catch(() => {
      if (known.get(key) === entry) known.delete(key)
    })
    return answer
  }
}
