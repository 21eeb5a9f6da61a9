import type { Api, SignedInVisit } from '../http/index.ts'
import { actorOf } from '../sessions/index.ts'
import { inTenant } from '../store/index.ts'
import { refuse } from './errors.ts'
import { findPerson, type Person, readPerson } from './person.ts'

/** The directory's part of `/v1.0`: people, in the shape of Microsoft Graph's user. */
export function directoryApi(api: Api) {
  api.get('/v1.0/me', visit => getUserView(visit, visit.session.user.id))
  api.get('/v1.0/users/:id', visit => getUserView(visit, visit.params.id ?? ''))
}

/** Throws `not_found`, alike for an unknown person and for one of another tenant. */
async function getUserView({ db, act, session }: SignedInVisit, idOrName: string) {
  const actor = actorOf(session)
  const person = await inTenant(db, actor.tenantId, async trx => {
    const user = await findPerson(trx, actor, idOrName)
    return user && trx.last(() => readPerson(trx, act, actor, user))
  })
  if (!person) throw refuse('not_found')
  return userView(person)
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
