import type { Act } from '../act.ts'
import { actorOf, isFresh, type Session } from '../sessions/index.ts'

/** What the session of an administrator opens on the pages of domains. */
const SCOPES = ['Domain.ReadWrite.All', 'User.ReadWrite.All']

/** The act of who keeps a company's domains on its pages. A proof in the session counts as long as a second step of a token. */
export function actOfKeeper(act: Act, session: Session): Act {
  const actor = actorOf(session)
  const isProved = isFresh(session.provedAt, act.now)
  const proof = isProved ? ({ acr: 'mfa', authTime: session.provedAt! } as const) : actor.proof
  return { ...act, actor: { ...actor, scopes: SCOPES, proof: isProved ? proof : { ...proof, acr: 'pwd' } } }
}
