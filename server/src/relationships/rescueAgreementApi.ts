import { Type } from 'typebox'
import type { Api, Call } from '../api/index.ts'
import { inTenant } from '../store/index.ts'
import { foldText } from '../typing/index.ts'
import { refuse } from './errors.ts'
import {
  changeAgreement,
  PROVIDERS_AT_MOST,
  type RescueTerms,
  readAgreement,
  rescueActs,
  TOLD_AT_MOST,
} from './rescueAgreement.ts'

const closed = { additionalProperties: false }
const Acts = Type.Array(Type.Enum([...rescueActs]), { maxItems: rescueActs.length })
const Phrase = Type.Optional(Type.Union([Type.String({ maxLength: 200 }), Type.Null()]))

const TermsBody = Type.Object(
  {
    providers: Type.Array(Type.String({ maxLength: 64 }), { maxItems: PROVIDERS_AT_MOST }),
    coolingOffHours: Type.Integer(),
    acts: Acts,
    dns: Type.Boolean(),
    phrase: Phrase,
    tell: Type.Array(Type.String({ maxLength: 254 }), { maxItems: TOLD_AT_MOST }),
    refused: Type.Boolean(),
  },
  closed,
)

const shown = {
  providers: Type.Array(Type.String()),
  coolingOffHours: Type.Integer(),
  acts: Acts,
  dns: Type.Boolean(),
  hasPhrase: Type.Boolean(),
  tell: Type.Array(Type.String()),
  refused: Type.Boolean(),
}
const AgreementAnswer = Type.Object(
  {
    isAgreed: Type.Boolean(),
    ...shown,
    pending: Type.Union([Type.Object({ ...shown, countsDateTime: Type.String({ format: 'date-time' }) }), Type.Null()]),
  },
  { title: 'rescueAgreement' },
)

const path = '/tenantRelationships/rescueAgreement'
const context = path.slice(1)

/** What a company agrees on beforehand, for the day on which nobody in it can sign in (partners on the wire, §2.2, §4). */
export function rescueAgreementApi(api: Api) {
  api.add({
    method: 'GET',
    path,
    action: 'partners.read',
    summary: 'Read how a provider may let your organization back in when nobody can sign in',
    context,
    answer: AgreementAnswer,
    status: 200,
    handle: answerAgreement,
  })
  api.add({
    method: 'PUT',
    path,
    action: 'partners.decide',
    summary:
      'Agree on how a provider may let your organization back in; it counts after the longer cooling-off. Without phrase the present one stays, null takes it away',
    body: TermsBody,
    context,
    answer: AgreementAnswer,
    isCredential: true,
    status: 200,
    async handle(call) {
      const { db, act, tenantId, body } = call
      const { phrase, ...terms } = body
      const phraseHash = typeof phrase === 'string' ? await hashPhrase(call, phrase) : phrase
      await inTenant(db, tenantId, trx => changeAgreement(trx, act, { ...terms, phraseHash }))
      return answerAgreement(call)
    },
  })
}

/** Hashed with no transaction open. Throws `phrase_invalid`. */
function hashPhrase({ services }: Call<unknown>, phrase: string): Promise<string> {
  const folded = foldText(phrase.trim())
  if ([...folded].length < 8) throw refuse('phrase_invalid', { field: 'phrase' })
  return services.passwordChecks.hasher.hash(folded)
}

async function answerAgreement({ db, act, tenantId }: Call<unknown>) {
  const { terms, isAgreed, next } = await inTenant(db, tenantId, trx => readAgreement(trx, act))
  const pending = next && { ...termsView(next.terms), countsDateTime: next.at.toISOString() }
  return { json: { isAgreed, ...termsView(terms), pending } }
}

const termsView = ({ phraseHash, ...terms }: RescueTerms) => ({ ...terms, hasPhrase: phraseHash !== null })
