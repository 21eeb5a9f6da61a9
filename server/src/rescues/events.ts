import type { Act } from '../act.ts'
import { type Activity, record } from '../audit/index.ts'
import type { Trx } from '../store/index.ts'
import type { Rescue } from './rescue.ts'

/** An act whose events share the id of a rescue. */
export const within = (act: Act, { id }: Pick<Rescue, 'id'>): Act => ({
  ...act,
  trail: { ...act.trail, correlationId: id },
})

/** Writes a state of a rescue into the log of the tenant that is entered. `name`: of the other side, or of the domain. */
export const recordRescue = (
  trx: Trx,
  act: Act,
  {
    id,
    name,
    activity,
    ...event
  }: { id: string; name: string; activity: Activity & `rescue.${string}` } & {
    reason?: string | undefined
    details?: Record<string, string>
  },
): Promise<void> =>
  record(trx, within(act, { id }), { activity, result: 'success', target: { id, name }, ...withoutReason(event) })

const withoutReason = ({ reason, ...event }: { reason?: string | undefined; details?: Record<string, string> }) => ({
  ...event,
  ...(reason !== undefined && { reason }),
})

/** The act of somebody of a provider, as the company's log and mails have it: the real name, and the firm. */
export function inCompany(
  act: Act,
  { tenantId, id: rescueId }: Pick<Rescue, 'tenantId' | 'id'>,
  firm: { id: string; name: string },
  displayName: string,
): Act {
  const { actor } = act
  if (actor.kind !== 'user') return act
  const { id, name, scopes, proof } = actor
  return {
    ...act,
    actor: {
      ...{ kind: 'partner', id, tenantId, name, displayName, scopes, proof },
      ...{
        home: { tenantId: firm.id, name: firm.name },
        relationshipId: rescueId,
        application: '',
        applicationId: act.trail.appId ?? '',
        roles: [],
      },
    },
  }
}
