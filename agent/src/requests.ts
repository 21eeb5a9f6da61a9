import type { AgentEvent, Answer, SealedRequest } from '@latchkey/protocol'
import type { Configuration } from './configuration.ts'
import type { Connections } from './connections.ts'
import { carryOut, type DirectoryOperation, TooLate } from './directory.ts'
import { clockFault } from './faults.ts'
import { KEPT, type Outcomes } from './outcomes.ts'
import type { Identity } from './state.ts'
import type { Traces } from './traces.ts'

/** The codes of a beginning, a success and a failure (self-service password reset, §9.8). */
function codesOf(operation: DirectoryOperation): readonly [number, number, number] | undefined {
  if (operation.kind === 'verify' || operation.kind === 'look' || operation.kind === 'ping') return undefined
  if (operation.kind === 'change') return [31_006, 31_007, 31_008]
  if (operation.kind === 'reset' && operation.byAdministrator) return [31_009, 31_010, 31_011]
  return [31_001, 31_002, 31_003]
}

/** What the requests of a link are judged and answered by. */
export interface Desk {
  identity: Identity
  configuration: () => Configuration
  outcomes: Outcomes
  connections: Connections
  /** Milliseconds by which the server's clock is ahead of this machine's. */
  skew(): number
  tell(event: AgentEvent): void
  traced: Traces['traced']
}

/** An answer to a request, and what is to be told of it: after it, since somebody waits for the answer. */
interface Served {
  nonce: string
  answer: Answer
  event?: AgentEvent | undefined
}

/**
 * Judges a request and carries it out, once. Undefined: no answer is due, because it was repeated or is for another
 * agent. Its end is judged again right before the write.
 */
export async function serve(desk: Desk, request: SealedRequest): Promise<Served | undefined> {
  const { identity, outcomes, connections, tell } = desk
  const { nonce, expires, operation } = request
  if (request.tenantId !== identity.tenantId || request.agentId !== identity.agentId) {
    tell({ code: 32_003, detail: 'a request for another tenant or agent was refused' })
    return undefined
  }
  // One that ends after its nonce is forgotten could come again.
  const isLate = () => Date.now() > expires || expires > Date.now() + KEPT
  const late = () => {
    const clock = clockFault(desk.skew())
    const detail = `late: a request to ${operation.kind} was over, and nothing was written${clock ? `: ${clock}` : ''}`
    tell({ code: 32_003, detail })
    return { outcome: 'silent', detail } as const
  }
  if (operation.kind === 'outcome') {
    const known = outcomes.find(operation.of)
    // What is still being carried out is answered when it ends.
    if (known === 'begun') return undefined
    return isLate() ? undefined : { nonce: operation.of, answer: known ?? { outcome: 'unknown' } }
  }
  if (!(await outcomes.use(nonce))) {
    tell({ code: 32_003, detail: `replay: a request to ${operation.kind} came again, and nothing was written` })
    return undefined
  }
  const keep = (answer: Answer, event?: AgentEvent): Served => {
    outcomes.keep(nonce, answer)
    return { nonce, answer, event }
  }
  if (isLate()) return keep(late())
  const codes = codesOf(operation)
  if (codes) tell({ code: codes[0], detail: operation.kind })
  try {
    const answer = await desk.traced({ name: `directory ${operation.kind}` }, async () =>
      carryOut({ configuration: desk.configuration(), connections }, operation, () => !isLate()),
    )
    if (codes) return keep(answer, eventOf(operation, answer, codes))
    if (answer.outcome === 'failed')
      return keep(answer, { code: answer.code, detail: `${operation.kind}: ${answer.detail}` })
    return keep(answer)
  } catch (error) {
    if (error instanceof TooLate) return keep(late())
    // The configuration: its sentence names a file, and no password.
    const detail = (error as Error).message.slice(0, 300)
    tell({ code: 32_005, detail })
    return keep({ outcome: 'failed', code: 32_005, detail })
  }
}

function eventOf(
  operation: DirectoryOperation,
  answer: Answer,
  [, success, failure]: readonly [number, number, number],
): AgentEvent {
  const { kind } = operation
  const anchor = 'anchor' in operation ? operation.anchor : 'nobody'
  if (answer.outcome === 'done') return { code: success, detail: `${kind} of ${anchor}` }
  if (answer.outcome === 'failed') return { code: answer.code, detail: `${kind} of ${anchor}: ${answer.detail}` }
  const why =
    answer.outcome === 'refused'
      ? `the directory refuses the password: ${answer.reasons.join(', ')}`
      : answer.outcome === 'silent'
        ? answer.detail
        : answer.outcome
  return { code: failure, detail: `${kind} of ${anchor}: ${why}` }
}
