import { queryOptions } from '@tanstack/react-query'
import type { LinkProps } from '@tanstack/react-router'
import { api, dataOf } from '../api/client.ts'
import { i18n, t } from '../words.ts'
import { GLOBAL_ADMINISTRATOR } from './roleIds.ts'

/** Any of these actions opens the list. */
export const tells = ['reports.read', 'audit.read', 'cases.read']

/** What an administrator should look at, the gravest first. */
export const attention = queryOptions({
  queryKey: ['reports', 'attention'],
  queryFn: async () => (await dataOf(api.GET('/reports/attention'))).value,
})

/** One thing of the list, as far as it is told and led to. */
export interface Attended {
  code: string
  count: number
  targets: readonly { id: string; displayName: string }[]
}

/** What happened, in a sentence. A code that this version does not know yet is shown, and is not hidden. */
export function sentenceOfAttention({ code, count }: Attended): string {
  const key = `admin.home.attention.codes.${code}`
  const known = i18n.exists(key, { count: 2 }) ? key : 'admin.home.attention.unknown'
  return t(known as 'admin.home.attention.unknown', { count })
}

/** An act that mends something, in a verb, and the page where it is done. */
export interface Way extends Pick<LinkProps, 'to' | 'params' | 'search'> {
  verb:
    | 'person'
    | 'people'
    | 'limits'
    | 'policy'
    | 'blocked'
    | 'messages'
    | 'helpDesk'
    | 'administrator'
    | 'turnOn'
    | 'secret'
    | 'domain'
    | 'cases'
}

const ABOUT_A_PERSON = ['account_reported', 'passkey_copied', 'token_reused', 'proofs_failing', 'resets_blocked']

/** Where something that needs attention is mended, of the pages that these actions open. */
export function waysTo({ code, targets }: Attended, actions: ReadonlySet<string>): Way[] {
  const ways: (Way & { takes: string })[] = []
  const [first, ...others] = targets
  if (ABOUT_A_PERSON.includes(code) && first && others.length === 0)
    ways.push({ verb: 'person', to: '/people/$person', params: { person: first.id }, takes: 'profile.readAll' })
  if (code === 'resets_blocked' || code === 'proofs_failing')
    ways.push({ verb: 'blocked', to: '/reports/$report', params: { report: 'blocked' }, takes: 'reports.read' })
  if (code === 'messages_failing')
    ways.push({ verb: 'messages', to: '/reports/$report', params: { report: 'messages' }, takes: 'reports.read' })
  else if (code.startsWith('messages_'))
    ways.push({ verb: 'limits', to: '/password-protection', takes: 'policies.read' })
  if (code === 'breach_check_failing') ways.push({ verb: 'policy', to: '/password-protection', takes: 'policies.read' })
  if (code === 'help_asked') ways.push({ verb: 'helpDesk', to: '/help-desk', takes: 'readiness.read' })
  if (code.endsWith('_not_capable'))
    ways.push({ verb: 'people', to: '/people', search: { view: 'cannotReset' }, takes: 'readiness.read' })
  if (code === 'few_administrators')
    ways.push({
      verb: 'administrator',
      to: '/roles/$role',
      params: { role: GLOBAL_ADMINISTRATOR },
      takes: 'roles.assign',
    })
  if (code === 'reset_off') ways.push({ verb: 'turnOn', to: '/password-reset/policies', takes: 'resetPolicies.write' })
  if (code === 'secrets_ending' && first)
    ways.push(
      others.length === 0
        ? {
            verb: 'secret',
            to: '/applications/$application',
            params: { application: first.id },
            takes: 'applications.write',
          }
        : { verb: 'secret', to: '/applications', takes: 'applications.write' },
    )
  if (code.startsWith('domains_')) ways.push({ verb: 'domain', to: '/domains', takes: 'domains.write' })
  if (code === 'cases_waiting')
    ways.push(
      first && others.length === 0
        ? { verb: 'cases', to: '/cases/$case', params: { case: first.id }, takes: 'cases.read' }
        : { verb: 'cases', to: '/cases', takes: 'cases.read' },
    )
  return ways.filter(({ takes }) => actions.has(takes)).map(({ takes: _, ...way }) => way)
}
