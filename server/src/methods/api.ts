import { demand } from '../access/index.ts'
import type { Api, Call } from '../api/index.ts'
import { findPerson, targetOf } from '../directory/index.ts'
import { inTenant } from '../store/index.ts'
import type { Locale } from '../words/index.ts'
import { refuse } from './errors.ts'
import { type Registered, readRegistered } from './registered.ts'
import { questionText } from './securityQuestions.ts'

/** The ids that Microsoft Graph gives to the methods of which everybody has at most one (self-service password reset, §12.1). */
const PHONE = '3179e48a-750b-4051-897c-87b9720928f7'
const EMAIL = '3ddfcfc8-9383-446f-83cc-3ab9be4be18f'
const PASSWORD = '28c10230-6103-485e-b985-444c60001490'

/** Methods' part of `/v1.0`: what somebody registered. */
export function methodsApi(api: Api) {
  api.add({
    method: 'GET',
    path: '/users/{id}/authentication/methods',
    action: 'methods.read',
    summary: 'List the methods that a user registered',
    context: "users('{id}')/authentication/methods",
    status: 200,
    handle: listMethods,
  })
}

async function listMethods({ db, act, tenantId, services, params }: Call) {
  const registered = await inTenant(db, tenantId, async trx => {
    const user = await findPerson(trx, act.actor, params.id ?? '')
    if (!user) throw refuse('not_found')
    demand(act, 'methods.read', targetOf(user))
    return readRegistered(trx, act, act.actor, user)
  })
  return { json: { value: methodViews(services.words.in('en'), registered) } }
}

function methodViews(locale: Locale, registered: Registered): Record<string, unknown>[] {
  const { authenticationPhone, authenticationEmail, authenticatorApp, passkeys = [] } = registered
  const { recoveryCodes, questions = [] } = registered
  return [
    {
      '@odata.type': '#microsoft.graph.passwordAuthenticationMethod',
      id: PASSWORD,
      password: null,
      createdDateTime: null,
    },
    ...of(authenticationPhone, phoneNumber => ({
      '@odata.type': '#microsoft.graph.phoneAuthenticationMethod',
      id: PHONE,
      phoneNumber,
      phoneType: 'mobile',
    })),
    ...of(authenticationEmail, emailAddress => ({
      '@odata.type': '#microsoft.graph.emailAuthenticationMethod',
      id: EMAIL,
      emailAddress,
    })),
    ...of(authenticatorApp, id => ({
      '@odata.type': '#microsoft.graph.softwareOathAuthenticationMethod',
      id,
      secretKey: null,
    })),
    ...passkeys.map(({ id, name, model, aaguid, synced, createdAt }) => ({
      '@odata.type': '#microsoft.graph.fido2AuthenticationMethod',
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

const of = <V, T>(value: V | null | undefined, view: (value: V) => T): T[] =>
  value === null || value === undefined ? [] : [view(value)]
