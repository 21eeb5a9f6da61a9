import { type Action, type Actor, authorize } from '../access/index.ts'
import { isUuid, type Means } from '../crypto/index.ts'
import type { Trx } from '../store/index.ts'
import { directoryNumber, foldName } from '../typing/index.ts'
import { readContactInfo } from './contactInfo.ts'
import { DirectoryError } from './errors.ts'
import { readName } from './names.ts'
import { findUserByName, getUser, targetOf, type User } from './users.ts'

/**
 * A person as one reader may see them. A key that the reader may not see is absent; null says that there is nothing.
 * Numbers are written as directories have them: `+1 2065550110` (self-service password reset, §2.3).
 */
export interface Person {
  id: string
  userPrincipalName: string
  displayName: string
  givenName: string | null
  surname: string | null
  mail: string | null
  preferredLanguage: string | null
  /** Contact info that an administrator, an import or synchronization filled in. */
  mobilePhone?: string | null
  officePhone?: string | null
  alternateEmail?: string | null
}

// Characters that no name or id holds would make PostgreSQL fail, and a failure reads unlike "nobody".
const CONTROL = /\p{Cc}/u
/** A person in the actor's tenant, by id or user principal name; undefined for others. */
export async function findPerson(
  trx: Trx,
  { tenantId }: { tenantId: string },
  idOrName: string,
): Promise<User | undefined> {
  if (CONTROL.test(idOrName)) return undefined
  if (idOrName.includes('@')) return findUserByName(trx, tenantId, readName(idOrName).folded)
  const id = foldName(idOrName)
  if (!isUuid(id)) return undefined
  return getUser(trx, tenantId, id).catch(error => {
    // Not in this tenant: the answer is the same where another tenant has the id.
    if (error instanceof DirectoryError && error.code === 'user_not_found') return undefined
    throw error
  })
}

/**
 * Reads the data of a person that `authorize` allows this actor. The rest is neither selected nor opened. Undefined
 * where the actor may not know that the person exists.
 */
export async function readPerson(trx: Trx, means: Means, actor: Actor, user: User): Promise<Person | undefined> {
  const may = (action: Action) => authorize({ actor, now: means.now }, action, targetOf(user)).allowed
  if (!may('profile.read')) return undefined
  const { id, userPrincipalName, displayName, givenName, surname, mail, preferredLanguage } = user
  const contactInfo = may('contactInfo.read') ? await readNumbers(trx, means, user) : undefined
  return {
    id,
    userPrincipalName,
    displayName,
    givenName,
    surname,
    mail,
    preferredLanguage,
    ...contactInfo,
  }
}

async function readNumbers(trx: Trx, means: Means, user: User) {
  const { mobilePhone = null, officePhone = null, email = null } = await readContactInfo(trx, means, user)
  return {
    mobilePhone: directoryNumber(mobilePhone),
    officePhone: directoryNumber(officePhone),
    alternateEmail: email,
  }
}
