import { type Action, actionOnRoles, actions, type Rule, SETTLING } from '../access/index.ts'
import type { Resource } from './resource.ts'
import { ruleRefusals } from './ruleRefusals.ts'

/** The codes by which a request to a resource can be refused: by the door, by the judge of rights, by its own rules. */
export function refusalsOf(resource: Resource): string[] {
  const rules = ruleRefusals[`${resource.method} ${resource.path}`] ?? ''
  return [...new Set([...refusalsOfDoor(resource), ...rules.split(' ').filter(code => code !== '')])]
}

function refusalsOfDoor(resource: Resource): string[] {
  const { method, path, action, body, takes, readOnly, unsupported, delegated } = resource
  const some = [action].flat().flatMap(one => [one, actionOnRoles(one)])
  const isWrite = method === 'POST' || method === 'PATCH' || method === 'PUT'
  return [
    'token_missing',
    'throttled',
    'unavailable',
    'no_relationship',
    ...(/^\/me(\/|$)/.test(path) ? ['partner_token'] : []),
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
const RAISING: readonly Action[] = [
  'roles.assign',
  'partner.assign',
  'applications.grant',
  'roleGroups.write',
  'groups.write',
]
const ESCALATING: readonly Action[] = ['applications.write', 'applications.grant']

function refusalsOfRights(action: Action): string[] {
  const { ranked, roles, scopes, oneself, on, step }: Rule = actions[action]
  // An application reaches those who hold rights by roles of its own alone.
  const byApplications = roles !== 'everybody' && scopes.some(scope => scope.endsWith('*'))
  return [
    'forbidden',
    'not_for_partners',
    ...(SETTLING.includes(action) || on?.includes('tenant') ? ['takeover_settling'] : []),
    ...(ranked || byApplications || ESCALATING.includes(action) ? ['protected_target'] : []),
    ...(RAISING.includes(action) ? ['own_rights'] : []),
    ...(oneself === 'never' || action === 'roles.unassign' ? ['own_account'] : []),
    ...(step > 0 ? ['step_up'] : []),
  ]
}
