import { demand } from '../access/index.ts'
import type { Api, Call } from '../api/index.ts'
import { findPerson, targetOf } from '../directory/index.ts'
import { inTenant } from '../store/index.ts'
import type { Locale } from '../words/index.ts'
import { refuse } from './errors.ts'
import { EMAIL_METHOD, PASSWORD_METHOD, PHONE_METHOD } from './graphIds.ts'
import { type Registered, readRegistered } from './registered.ts'
import { questionText } from './securityQuestions.ts'

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
      id: PASSWORD_METHOD,
      password: null,
      createdDateTime: null,
    },
    ...of(authenticationPhone, phoneNumber => ({
      '@odata.type': '#microsoft.graph.phoneAuthenticationMethod',
      id: PHONE_METHOD,
      phoneNumber,
      phoneType: 'mobile',
    })),
    ...of(authenticationEmail, emailAddress => ({
      '@odata.type': '#microsoft.graph.emailAuthenticationMethod',
      id: EMAIL_METHOD,
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
