import { MINUTE, plus, SECOND } from '../clock.ts'

/** A call that takes so long makes its tenant a slow one, for so long. */
const SLOW = SECOND
const SLOW_FOR = 10 * MINUTE

/** The calls of a slow tenant at once. */
const SHARE = 2

/** Begins a call of a tenant. Returns when its turn comes where others go first, and nothing has begun. */
export type Turns = (tenantId: string, now: Date, call: () => Promise<void>) => Promise<Date | undefined>

/**
 * Calls to addresses that companies chose, in turns: a company whose applications never answer would else keep every
 * place, and others' applications would hear of no end. Only a slow one has to wait. `between`: milliseconds from one
 * turn of those that wait to the next.
 */
export function createTurns(between: number): Turns {
  const tenants = new Map<string, { running: number; slowUntil: Date; lastTurn: Date }>()
  return async (tenantId, now, call) => {
    const tenant = tenants.get(tenantId) ?? { running: 0, slowUntil: now, lastTurn: now }
    tenants.set(tenantId, tenant)
    if (tenant.slowUntil > now && tenant.running >= SHARE) {
      tenant.lastTurn = plus(tenant.lastTurn > now ? tenant.lastTurn : now, between)
      return tenant.lastTurn
    }
    tenant.running++
    const began = performance.now()
    try {
      await call()
    } finally {
      tenant.running--
      if (performance.now() - began >= SLOW) tenant.slowUntil = plus(now, SLOW_FOR)
      else if (tenant.running === 0 && tenant.slowUntil <= now) tenants.delete(tenantId)
    }
    return undefined
  }
}
