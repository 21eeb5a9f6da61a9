import { Type } from 'typebox'
import { getUserAsked } from '../administration/index.ts'
import type { Api } from '../api/index.ts'
import { inTenant } from '../store/index.ts'
import { languages } from '../words/index.ts'
import { personalText, readPersonalData } from './personalData.ts'

const Language = Type.Enum([...languages])

const PersonalData = Type.Object(
  {
    language: Language,
    text: Type.String(),
    data: Type.Record(Type.String(), Type.Array(Type.Record(Type.String(), Type.Unknown()))),
  },
  { title: 'personalData' },
)

/** What is kept about one person, to be given to them (administration on the wire, §2.2). */
export function personalDataApi(api: Api) {
  api.add({
    method: 'POST',
    path: '/users/{id}/exportPersonalData',
    action: 'personalData.read',
    delegated: true,
    isCredential: true,
    summary: 'Export what is kept about a user, as a text that they can read and as rows',
    body: Type.Object({ language: Type.Optional(Language) }, { additionalProperties: false }),
    context: 'personalData',
    answer: PersonalData,
    status: 200,
    async handle(call) {
      const { db, act, tenantId, body, services } = call
      return inTenant(db, tenantId, async trx => {
        const user = await getUserAsked(trx, call)
        const rows = await readPersonalData(trx, act, user)
        const language = body.language ?? languages.find(one => user.preferredLanguage?.startsWith(one)) ?? 'en'
        const text = await personalText(trx, act, services.words.in(language), { user, data: rows })
        const data = Object.fromEntries(rows.map(one => [one.table, one.rows]))
        return { json: { language, text, data } }
      })
    },
  })
}
