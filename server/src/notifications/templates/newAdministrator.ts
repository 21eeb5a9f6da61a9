import type { Role } from '../../access/index.ts'
import type { Locale } from '../../words/index.ts'
import { paragraphs, type Text } from './text.ts'

/** The roles that can take over every account, by the names of their words. */
const HIGHEST = {
  'Global Administrator': 'global',
  'Privileged Role Administrator': 'privilegedRole',
  'Privileged Authentication Administrator': 'privilegedAuthentication',
} as const satisfies Partial<Record<Role, string>>

export type HighestRole = keyof typeof HIGHEST

export const isHighest = (role: Role): role is HighestRole => Object.hasOwn(HIGHEST, role)

/** The variables of the mail about a new holder of such a role. `group`: by which a member has it. `actor`: absent for an operator. */
export interface NewAdministratorVariables {
  organization: string
  kind: 'user' | 'member' | 'group' | 'servicePrincipal'
  name: string
  role: HighestRole
  group?: string
  actor?: string
}

/** Tells every Global Administrator of a new one, so that a stolen account cannot make itself accomplices unseen. */
export function newAdministratorMessage({ t, language }: Locale, variables: NewAdministratorVariables): Text {
  const { organization, kind, name, group = '', actor } = variables
  const role = t(`messages.newAdministrator.role.${HIGHEST[variables.role]}`)
  return {
    from: t('messages.from', { organization }),
    language,
    subject: t('messages.newAdministrator.subject', { organization, role }),
    text: paragraphs(
      t(`messages.newAdministrator.body.${kind}`, { name, role, group }),
      actor === undefined
        ? t('messages.newAdministrator.by.operator')
        : t('messages.newAdministrator.by.person', { actor }),
      t('messages.newAdministrator.check', { organization }),
      t('messages.newAdministrator.automatic'),
    ),
  }
}
