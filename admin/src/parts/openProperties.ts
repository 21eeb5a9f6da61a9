import { allowedActions, queries } from '../api/queries.ts'

/** What names a person, and what is open with a list. A partner's relationship opens no more of a profile. */
const BASIC = [
  ...['id', 'displayName', 'givenName', 'surname', 'mail', 'userPrincipalName', 'preferredLanguage'],
  ...['resetState', 'deletedDateTime'],
]
const TIMES = ['signInActivity', 'lastPasswordChangeDateTime']

/** Of these properties, the ones that the person may read: one of the others would refuse the whole answer. */
export async function openProperties(names: string): Promise<string> {
  const { value } = await queries.ensureQueryData(allowedActions)
  const isOpen = (name: string) =>
    TIMES.includes(name)
      ? value.includes('profile.readAll')
      : BASIC.includes(name) || value.includes('contactInfo.read')
  return names.split(',').filter(isOpen).join()
}
