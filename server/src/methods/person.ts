import { type Action, authorize, type SignedIn } from '../access/index.ts'
import { isUuid, type Means } from '../crypto/index.ts'
import {
  DirectoryError,
  findUserByName,
  getUser,
  readContactInfo,
  readName,
  targetOf,
  type User,
} from '../directory/index.ts'
import type { Trx } from '../store/index.ts'
import { foldName } from '../typing/index.ts'
import { formatNumber } from './phones.ts'

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
  /** Methods that the person registered. */
  authenticationPhone?: string | null
  authenticationEmail?: string | null
  /** The id of the app's registration; its key is shown to nobody. */
  authenticatorApp?: string | null
  /** The chosen questions, without their answers. `text`: null for Latchkey's own. */
  questions?: { id: string; text: string | null }[]
}

// Characters that no name or id holds would make PostgreSQL fail, and a failure reads unlike "nobody".
const CONTROL = /\p{Cc}/u
/** A person in the actor's tenant, by id or user principal name; undefined for others. */
export async function findPerson(trx: Trx, { tenantId }: SignedIn, idOrName: string): Promise<User | undefined> {
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
export async function readPerson(trx: Trx, means: Means, actor: SignedIn, user: User): Promise<Person | undefined> {
  const may = (action: Action) => authorize({ actor, now: means.now }, action, targetOf(user)).allowed
  if (!may('profile.read')) return undefined
  const { id, userPrincipalName, displayName, givenName, surname, mail, preferredLanguage } = user
  const [contactInfo, authentication, questions] = await Promise.all([
    may('contactInfo.read') ? readNumbers(trx, means, user) : undefined,
    may('methods.read') ? readAuthentication(trx, means, user) : undefined,
    may('questions.read') ? readQuestions(trx, user) : undefined,
  ])
  return {
    id,
    userPrincipalName,
    displayName,
    givenName,
    surname,
    mail,
    preferredLanguage,
    ...contactInfo,
    ...authentication,
    ...(questions && { questions }),
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

async function readAuthentication(trx: Trx, means: Means, user: User) {
  const registered = selectNumbers(trx, user)
  const registeredApp = trx
    .selectFrom('methods')
    .select('id')
    .where('tenant_id', '=', user.tenantId)
    .where('user_id', '=', user.id)
    .where('kind', '=', 'authenticatorCode')
    .where('source', '=', 'person')
    .executeTakeFirst()
  const [rows, app] = await Promise.all([registered, registeredApp])
  const value = valueIn(means, user, rows)
  return {
    authenticationPhone: directoryNumber(value('mobilePhone')),
    authenticationEmail: value('email'),
    authenticatorApp: app?.id ?? null,
  }
}

/** Kinds whose value is a number or an address. An app's key is a secret, and no caller can ask for it here. */
type Addressable = 'mobilePhone' | 'email'

const selectNumbers = (trx: Trx, user: User) =>
  trx
    .selectFrom('methods')
    .select(['id', 'kind', 'value_sealed'])
    .where('tenant_id', '=', user.tenantId)
    .where('user_id', '=', user.id)
    .where('kind', 'in', ['mobilePhone', 'email'])
    .where('source', '=', 'person')
    .execute()

const valueIn =
  (means: Means, { tenantId }: User, rows: readonly { id: string; kind: string; value_sealed: Buffer | null }[]) =>
  (kind: Addressable): string | null => {
    const row = rows.find(one => one.kind === kind)
    return row?.value_sealed ? means.keys.open({ purpose: 'method', tenantId, rowId: row.id }, row.value_sealed) : null
  }

const readQuestions = (trx: Trx, user: User) =>
  trx
    .selectFrom('security_answers')
    .select(['question as id', 'question_text as text'])
    .where('tenant_id', '=', user.tenantId)
    .where('user_id', '=', user.id)
    .orderBy('question')
    .execute()

function directoryNumber(e164: string | null): string | null {
  if (e164 === null) return null
  const [code, ...rest] = formatNumber(e164).split(' ')
  return rest.length === 0 ? e164 : `${code} ${rest.join('').replace(/\D/g, '')}`
}
