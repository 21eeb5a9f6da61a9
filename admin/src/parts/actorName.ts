import { t } from '../words.ts'

type Named = Record<string, unknown> | null | undefined
const textOf = (value: unknown) => (typeof value === 'string' && value !== '' ? value : undefined)

/** Who did something: a person, with their firm where they are a partner's, or an application. Undefined: nobody is told. */
export function actorName(by: { user?: Named; app?: Named } | undefined): string | undefined {
  const { user, app } = by ?? {}
  const name = textOf(user?.displayName) ?? textOf(user?.userPrincipalName) ?? textOf(app?.displayName)
  const firm = textOf(user?.homeTenantName)
  return name && firm ? t('admin.logs.ofFirm', { person: name, firm }) : name
}
