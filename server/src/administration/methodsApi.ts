import { Type } from 'typebox'
import type { Api, Call } from '../api/index.ts'
import {
  type Addressable,
  EMAIL_METHOD,
  OFFICE_PHONE_METHOD,
  PASSWORD_METHOD,
  PHONE_METHOD,
  questionText,
  type Registered,
} from '../methods/index.ts'
import { removePasskeyOf } from '../registration/index.ts'
import { inTenant, type Trx } from '../store/index.ts'
import type { Locale } from '../words/index.ts'
import { refuse, refuseMissing } from './errors.ts'
import { addMethod, changeMethod, type Kept, keptOf, readMethods, removeMethodOf } from './methods.ts'
import { getUserAsked } from './userAsked.ts'

type View = Record<string, unknown> & { id?: string }

/** The lists of one type each, by the last word of their path. */
const LISTS = {
  passwordMethods: '#microsoft.graph.passwordAuthenticationMethod',
  phoneMethods: '#microsoft.graph.phoneAuthenticationMethod',
  emailMethods: '#microsoft.graph.emailAuthenticationMethod',
  softwareOathMethods: '#microsoft.graph.softwareOathAuthenticationMethod',
  fido2Methods: '#microsoft.graph.fido2AuthenticationMethod',
} as const

const PHONES: Record<string, 'mobilePhone' | 'officePhone'> = {
  [PHONE_METHOD]: 'mobilePhone',
  [OFFICE_PHONE_METHOD]: 'officePhone',
}

const phoneNumber = Type.String({ minLength: 1, maxLength: 64 })
const phoneType = Type.Enum(['mobile', 'office'])
const emailAddress = Type.String({ minLength: 1, maxLength: 320 })
const closed = { additionalProperties: false }

const NewPhone = Type.Object({ phoneNumber, phoneType }, closed)
/** Microsoft Graph has a third type, which is told apart from words that are none. */
const PhoneAsked = Type.Object({ phoneNumber, phoneType: Type.Enum(['mobile', 'office', 'alternateMobile']) }, closed)
const PhoneChange = Type.Object({ phoneNumber, phoneType: Type.Optional(phoneType) }, closed)
const Email = Type.Object({ emailAddress }, closed)

/** Authentication methods of `/v1.0`: one's own are read, and others' are kept by administrators (administration on the wire, §2.2). */
export function methodsApi(api: Api) {
  for (const root of ['/me', '/users/{id}'] as const) {
    const add = (list: string, type?: string) => {
      const path = `${root}/authentication/${list}`
      const whose = root === '/me' ? 'your own account' : 'a user'
      const base = {
        method: 'GET',
        action: 'methods.read',
        ...(root === '/me' && { delegated: true as const }),
        status: 200,
      } as const
      api.add({
        ...base,
        path,
        summary: `List the ${list} of ${whose}`,
        context: `${root.slice(1)}/authentication/${list}`,
        handle: async call => ({ json: { value: await viewsOf(call, type) } }),
      })
      api.add({
        ...base,
        path: `${path}/{methodId}`,
        summary: `Read one of the ${list} of ${whose}`,
        context: `${root.slice(1)}/authentication/${list}/$entity`,
        handle: call => answerOne(call, call.params.methodId ?? '', type),
      })
    }
    add('methods')
    for (const [list, type] of Object.entries(LISTS)) add(list, type)
  }
  phonesApi(api)
  emailsApi(api)
  removalsApi(api)
}

function phonesApi(api: Api) {
  const path = '/users/{id}/authentication/phoneMethods'
  api.add({
    method: 'POST',
    path,
    action: 'methods.write',
    summary: 'Register a phone for a user',
    body: NewPhone,
    judged: PhoneAsked,
    readOnly: ['id', 'smsSignInState'],
    context: "users('{id}')/authentication/phoneMethods/$entity",
    isCredential: true,
    status: 201,
    async handle(call) {
      const { phoneNumber: value, phoneType: type } = call.body
      if ((type as string) === 'alternateMobile') throw refuse('not_implemented', { field: 'phoneType' })
      const id = type === 'office' ? OFFICE_PHONE_METHOD : PHONE_METHOD
      return made(call, { list: 'phoneMethods', id, kind: PHONES[id]!, value })
    },
  })
  api.add({
    method: 'PATCH',
    path: `${path}/{methodId}`,
    action: 'methods.write',
    summary: 'Change the number of a user’s phone',
    body: PhoneChange,
    readOnly: ['id', 'smsSignInState'],
    isCredential: true,
    status: 204,
    async handle(call) {
      const { phoneNumber: value, phoneType: type } = call.body
      const kind = PHONES[call.params.methodId?.toLowerCase() ?? '']
      if (type !== undefined && kind && kind !== `${type}Phone`)
        throw refuse('property_invalid', { field: 'phoneType' })
      return changed(call, kind, value)
    },
  })
}

function emailsApi(api: Api) {
  const path = '/users/{id}/authentication/emailMethods'
  api.add({
    method: 'POST',
    path,
    action: 'methods.write',
    summary: 'Register an email address for a user',
    body: Email,
    readOnly: ['id'],
    context: "users('{id}')/authentication/emailMethods/$entity",
    isCredential: true,
    status: 201,
    handle: call =>
      made(call, { list: 'emailMethods', id: EMAIL_METHOD, kind: 'email', value: call.body.emailAddress }),
  })
  api.add({
    method: 'PATCH',
    path: `${path}/{methodId}`,
    action: 'methods.write',
    summary: 'Change the email address of a user',
    body: Email,
    readOnly: ['id'],
    isCredential: true,
    status: 204,
    handle: call => changed(call, isEmail(call) ? 'email' : undefined, call.body.emailAddress),
  })
}

function removalsApi(api: Api) {
  const removal = (
    list: keyof typeof LISTS,
    summary: string,
    remove: (trx: Trx, call: Call, userId: string) => Promise<void>,
  ) =>
    api.add({
      method: 'DELETE',
      path: `/users/{id}/authentication/${list}/{methodId}`,
      action: 'methods.remove',
      summary,
      isCredential: true,
      status: 204,
      async handle(call) {
        await inTenant(call.db, call.tenantId, async trx => remove(trx, call, (await getUserAsked(trx, call)).id))
        return {}
      },
    })
  removal('phoneMethods', 'Remove a phone of a user', async (trx, { act, params }, userId) => {
    const kind = PHONES[params.methodId?.toLowerCase() ?? '']
    if (!kind) throw refuseMissing('not_found')
    await removeMethodOf(trx, act, { userId, kind })
  })
  removal('emailMethods', 'Remove the email address of a user', async (trx, call, userId) => {
    if (!isEmail(call)) throw refuseMissing('not_found')
    await removeMethodOf(trx, call.act, { userId, kind: 'email' })
  })
  removal('softwareOathMethods', 'Remove the authenticator app of a user', (trx, { act, params }, userId) =>
    removeMethodOf(trx, act, { userId, kind: 'authenticatorCode', id: params.methodId?.toLowerCase() ?? '' }),
  )
  removal('fido2Methods', 'Remove a passkey of a user', async (trx, call, _userId) =>
    removePasskeyOf(trx, call.act, await getUserAsked(trx, call), call.params.methodId?.toLowerCase() ?? ''),
  )
}

const isEmail = ({ params }: Pick<Call, 'params'>) => params.methodId?.toLowerCase() === EMAIL_METHOD

/** Adds a method, and answers it with its address. */
function made(
  call: Call,
  { list, id, kind, value }: { list: keyof typeof LISTS; id: string; kind: Addressable; value: string },
) {
  return inTenant(call.db, call.tenantId, async trx => {
    const { id: userId } = await getUserAsked(trx, call)
    const kept = await addMethod(trx, call.act, { userId, kind, value })
    return { ...answerOf(viewOf(kind, kept)), location: `/users/${userId}/authentication/${list}/${id}` }
  })
}

async function changed(call: Call, kind: Addressable | undefined, value: string) {
  if (!kind) throw refuseMissing('not_found')
  await inTenant(call.db, call.tenantId, async trx => {
    const { id: userId } = await getUserAsked(trx, call)
    await changeMethod(trx, call.act, { userId, kind, value, ifMatch: call.headers['if-match'] })
  })
  return {}
}

/** The methods of the user that was asked for: all, or those of one type without its name. */
async function viewsOf(call: Call, type?: string): Promise<View[]> {
  const registered = await inTenant(call.db, call.tenantId, async trx =>
    readMethods(trx, call.act, await getUserAsked(trx, call)),
  )
  const views = methodViews(call.services.words.in('en'), registered)
  if (type === undefined) return views
  return views.filter(view => view['@odata.type'] === type).map(({ '@odata.type': _, ...view }) => view)
}

async function answerOne(call: Call, methodId: string, type?: string) {
  const found = (await viewsOf(call, type)).find(({ id }) => id === methodId.toLowerCase())
  if (!found) throw refuseMissing('not_found')
  return answerOf(found)
}

const answerOf = (view: View) => {
  const etag = view['@odata.etag']
  return { json: view, ...(typeof etag === 'string' && { etag }) }
}

function methodViews(locale: Locale, registered: Registered): View[] {
  const { authenticatorApp, passkeys = [], recoveryCodes, questions = [] } = registered
  const kinds = ['mobilePhone', 'officePhone', 'email'] as const
  const numbers = kinds.flatMap(kind => of(keptOf(registered, kind), kept => ({ kind, kept })))
  return [
    { '@odata.type': LISTS.passwordMethods, id: PASSWORD_METHOD, password: null, createdDateTime: null },
    ...numbers.map(({ kind, kept }) => ({
      '@odata.type': kind === 'email' ? LISTS.emailMethods : LISTS.phoneMethods,
      ...viewOf(kind, kept),
    })),
    ...of(authenticatorApp, id => ({ '@odata.type': LISTS.softwareOathMethods, id, secretKey: null })),
    ...passkeys.map(({ id, name, model, aaguid, synced, createdAt }) => ({
      '@odata.type': LISTS.fido2Methods,
      id,
      displayName: name,
      createdDateTime: createdAt.toISOString(),
      aaGuid: aaguid,
      model,
      passkeyType: synced ? 'synced' : 'deviceBound',
    })),
    // Graph has no such types; clients read one that they do not know as its base.
    ...of(recoveryCodes, ({ id, left }) => ({
      '@odata.type': '#latchkey.recoveryCodeAuthenticationMethod',
      id,
      codesLeft: left,
    })),
    ...(questions.length > 0
      ? [
          {
            '@odata.type': '#latchkey.securityQuestionsAuthenticationMethod',
            questions: questions.map(({ id, text }) => questionText(locale, { id, text: text ?? undefined })),
          },
        ]
      : []),
  ]
}

/** A number or address, with the ETag by which it is changed. */
const viewOf = (kind: Addressable, { value, version }: Kept): View => ({
  '@odata.etag': `W/"${version}"`,
  ...(kind === 'email'
    ? { id: EMAIL_METHOD, emailAddress: value }
    : {
        id: kind === 'officePhone' ? OFFICE_PHONE_METHOD : PHONE_METHOD,
        phoneNumber: value,
        phoneType: kind === 'officePhone' ? 'office' : 'mobile',
        smsSignInState: 'notSupported',
      }),
})

const of = <V, T>(value: V | null | undefined, view: (value: V) => T): T[] =>
  value === null || value === undefined ? [] : [view(value)]
