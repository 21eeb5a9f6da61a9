import type { Api, Call } from '../api/index.ts'
import { inTenant } from '../store/index.ts'
import { refuse } from './errors.ts'
import { findPerson, type Person, readPerson } from './person.ts'

/** The directory's part of `/v1.0`: people, in the shape of Microsoft Graph's user. */
export function directoryApi(api: Api) {
  api.add({
    method: 'GET',
    path: '/me',
    action: 'self.read',
    delegated: true,
    summary: 'Read your own account',
    context: 'users/$entity',
    status: 200,
    handle: call => getUserView(call, call.caller.actor.id),
  })
  api.add({
    method: 'GET',
    path: '/users/{id}',
    action: 'profile.read',
    summary: 'Read a user',
    context: 'users/$entity',
    status: 200,
    handle: call => getUserView(call, call.params.id ?? ''),
  })
}

/** Throws `not_found`, alike for an unknown person and for one of another tenant. */
async function getUserView({ db, act, tenantId }: Call, idOrName: string) {
  const person = await inTenant(db, tenantId, async trx => {
    const user = await findPerson(trx, act.actor, idOrName)
    return user && trx.last(() => readPerson(trx, act, act.actor, user))
  })
  if (!person) throw refuse('not_found')
  return { json: userView(person) }
}

/** Every member is named here, so that later members of `Person` stay out until somebody adds them. */
const userView = (person: Person) => ({
  id: person.id,
  userPrincipalName: person.userPrincipalName,
  displayName: person.displayName,
  givenName: person.givenName,
  surname: person.surname,
  mail: person.mail,
  preferredLanguage: person.preferredLanguage,
  ...(person.mobilePhone !== undefined && { mobilePhone: person.mobilePhone }),
  ...(person.officePhone !== undefined && { businessPhones: listed(person.officePhone) }),
  ...(person.alternateEmail !== undefined && { otherMails: listed(person.alternateEmail) }),
})

const listed = (value: string | null) => (value === null ? [] : [value])
