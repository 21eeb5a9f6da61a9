import { DAY, plus } from '../../clock.ts'
import type { NoticeVariables } from './accountNotice.ts'
import type { Mail } from './catalogue.ts'
import type { NoticeKindName } from './kinds.ts'

/** Whom and when a sample is about. */
export interface Sampled {
  organization: string
  username: string
  now: Date
}

/** A mail of this kind about something that never happened, to be looked at. */
export function sampleOf(template: NoticeKindName, { organization, username, now }: Sampled): Mail {
  const at = now.toISOString()
  const expiresAt = plus(now, DAY).toISOString()
  // An address of RFC 5737, §3: of documents, and of nobody.
  const address = '203.0.113.7'
  const supportCode = 'K7QX-2MPA'
  switch (template) {
    case 'link':
      return { template, variables: { organization, username, purpose: 'reset', expiresAt } }
    case 'announcement_coming':
    case 'announcement':
    case 'announcement_reminder':
    case 'announcement_last_days':
    case 'announcement_available':
    case 'announcement_help_desk':
      return { template, variables: { organization, username } }
    case 'explanation':
      return { template, variables: { organization, username, refusal: 'SSPR_0014' } }
    case 'request':
      return { template, variables: { organization, username, at, address, proved: 'email', supportCode } }
    case 'approval':
      return { template, variables: { organization, username, application: 'Expenses', scopes: [], supportCode } }
    case 'second_administrator':
      return { template, variables: { organization, link: '' } }
    case 'guessing':
      return { template, variables: { organization } }
    case 'message_limit':
      return { template, variables: { organization, percent: 80, messagesPerDay: 1_000 } }
    case 'brake':
      return { template, variables: { organization, leaving: 240, of: 1_000, emptied: 0, groups: 0 } }
    case 'domain':
      return { template, variables: { organization, domain: domainOf(username), about: 'verified' } }
    case 'relationship':
      return {
        template,
        variables: {
          organization,
          other: 'Globex',
          relationship: 'Help desk',
          news: 'approved',
          who: '',
          until: '',
          at,
        },
      }
    case 'tenant_link':
      return { template, variables: { organization, other: 'Globex', about: 'linked', who: username, at, address } }
    case 'new_administrator':
      return { template, variables: { organization, kind: 'user', name: username, role: 'Global Administrator' } }
    default: {
      const variables: NoticeVariables = { organization, username, at, address, browser: 'Firefox', system: 'Windows' }
      return { template, variables: { ...variables, ...more[template] } }
    }
  }
}

const more: Partial<Record<NoticeKindName, Partial<NoticeVariables>>> = {
  security_info_added: { kind: 'authenticatorCode' },
  security_info_changed: { kind: 'email' },
  security_info_removed: { kind: 'mobilePhone' },
  recovery_code_used: { codesLeft: '7' },
  emergency_code_used: { codesLeft: '7' },
  renamed: { renamedTo: 'new.name@example.com' },
  renamed_disabled: { renamedTo: 'new.name@example.com' },
}

const domainOf = (username: string) => username.slice(username.indexOf('@') + 1)
