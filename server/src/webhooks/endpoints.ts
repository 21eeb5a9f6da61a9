import type { Act } from '../act.ts'
import { SECOND } from '../clock.ts'
import { createTurns, TargetError, type Targets } from '../targets/index.ts'
import { refuseProgram } from './errors.ts'

/** An address that a subscriber named, and the property that it stands in. */
export interface Endpoint {
  field: string
  address: string
}

/** Asks an endpoint whether it wants to be called. Throws `endpoint_refused`, `endpoint_not_validated`, `throttled`. */
export type Handshake = (act: Pick<Act, 'now' | 'random'>, tenantId: string, endpoint: Endpoint) => Promise<void>

/** How long an endpoint may take to answer a handshake, and how much of its answer is read. */
const ANSWERS_WITHIN = 10 * SECOND
const READS = 1_024

const LONGEST_ADDRESS = 2_048

// Plain http reaches no further than this machine, and that only where the operator lists it.
const LOOPBACK = ['localhost', '127.0.0.1', '[::1]']

/** An address that may be called, as far as it tells itself. Throws `endpoint_refused`. */
export function readEndpoint(field: string, address: string): Endpoint {
  const url = address.length <= LONGEST_ADDRESS && URL.canParse(address) ? new URL(address) : undefined
  const isSafe = url?.protocol === 'https:' || (url?.protocol === 'http:' && LOOPBACK.includes(url.hostname))
  if (!isSafe || url.username !== '' || url.password !== '' || address.includes('#'))
    throw refuseProgram('endpoint_refused', { field })
  return { field, address: url.href }
}

/**
 * The handshakes of a process. Only who can answer at an address can have it called, so that nobody is called who did
 * not ask for it. Slow tenants wait for their turn.
 */
export function createHandshakes(targets: Targets): Handshake {
  const takeTurn = createTurns(SECOND)
  return async ({ now, random }, tenantId, { field, address }) => {
    const token = random.token()
    const url = new URL(address)
    url.searchParams.set('validationToken', token)
    const turn = await takeTurn(tenantId, now, async () => {
      const answer = await targets
        .post(url.href, { type: 'text/plain; charset=utf-8', body: '', within: ANSWERS_WITHIN, reads: READS })
        .catch(error => {
          // Which of its reasons a call failed for would tell what runs in the operator's network.
          if (!(error instanceof TargetError)) throw error
          throw refuseProgram(error.code === 'private' ? 'endpoint_refused' : 'endpoint_not_validated', { field })
        })
      const isEcho = answer.status === 200 && /^text\/plain\b/i.test(answer.type) && answer.text.trim() === token
      if (!isEcho) throw refuseProgram('endpoint_not_validated', { field })
    })
    if (turn) throw refuseProgram('throttled', { retryAfter: Math.ceil((turn.getTime() - now.getTime()) / SECOND) })
  }
}
