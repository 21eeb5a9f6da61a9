import { type Action, actions, type Rule } from '../access/index.ts'
import type { Resource } from './resource.ts'

/**
 * The codes by which the door and the judge of rights refuse a request to a resource. What its own rules refuse, such
 * as a weak password, comes beside them.
 */
export function refusalsOf({ method, action, body, takes, readOnly, unsupported, delegated }: Resource): string[] {
  const some = [action].flat()
  const isWrite = method === 'POST' || method === 'PATCH' || method === 'PUT'
  return [
    'token_missing',
    'throttled',
    ...(delegated ? ['delegated_only'] : []),
    ...new Set(some.flatMap(refusalsOfRights)),
    ...(method === 'GET' ? [] : ['reason_invalid']),
    ...(isWrite ? ['media_type', 'body_too_large'] : []),
    ...(isWrite && !takes ? ['body_unreadable', 'property_unknown'] : []),
    ...(body ? ['property_invalid', 'property_required'] : []),
    ...(readOnly ? ['property_read_only'] : []),
    ...(unsupported ? ['property_unsupported'] : []),
    ...(method === 'POST' ? ['idempotency_key_invalid', 'idempotency_key_reused', 'idempotency_in_progress'] : []),
  ]
}

/** Nobody raises their own rights by these, and what escalates takes the highest roles. */
const RAISING: readonly Action[] = ['roles.assign', 'applications.grant', 'roleGroups.write', 'groups.write']
const ESCALATING: readonly Action[] = ['applications.write', 'applications.grant']

function refusalsOfRights(action: Action): string[] {
  const { ranked, oneself, step }: Rule = actions[action]
  return [
    'forbidden',
    ...(ranked || ESCALATING.includes(action) ? ['protected_target'] : []),
    ...(RAISING.includes(action) ? ['own_rights'] : []),
    ...(oneself === 'never' || action === 'roles.unassign' ? ['own_account'] : []),
    ...(step > 0 ? ['step_up'] : []),
  ]
}
