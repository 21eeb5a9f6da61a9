import { Type } from 'typebox'
import { type Api, type Call, inOwn } from '../api/index.ts'
import { placeholders, type Wording } from '../notifications/index.ts'
import { languages } from '../words/index.ts'
import { refuse } from './errors.ts'
import { documentOf, readLooks } from './mailPages.tsx'
import { SUBJECT_LENGTH, TEXT_LENGTH } from './ownWords.ts'
import { type KeptNotice, listNotices, previewNotice, putWording, removeWording, switchNotice } from './wordings.ts'

const Names = Type.Array(Type.Enum([...placeholders]))
const orNull = Type.Union([Type.String(), Type.Null()])
const Answer = Type.Object({
  '@odata.etag': Type.String(),
  id: Type.String(),
  isOn: Type.Boolean(),
  canBeOff: Type.Boolean(),
  words: Type.Enum(['all', 'closing']),
  placeholders: Names,
  neededPlaceholders: Names,
  wordings: Type.Array(
    Type.Object({ language: Type.Enum([...languages]), subject: orNull, opening: orNull, closing: orNull }),
  ),
})

const typed = (maxLength: number) => Type.Optional(Type.Union([Type.String({ maxLength }), Type.Null()]))
const own = { subject: typed(SUBJECT_LENGTH), opening: typed(TEXT_LENGTH), closing: typed(TEXT_LENGTH) }
const closed = { additionalProperties: false } as const

const all = '/organization/{id}/notices'
const one = `${all}/{kind}`
const worded = `${one}/wordings/{language}`

/** The mails to a company's people and administrators: which are sent, and in whose words (docs/messages.md). */
export function noticesApi(api: Api) {
  api.add({
    ...{ method: 'GET', path: all, action: 'organization.read', context: 'notices', status: 200 },
    summary: 'List the kinds of notices, and the organization’s own words for them',
    answer: Type.Object({ value: Type.Array(Answer) }),
    handle: call => inOwn(call, async trx => ({ json: { value: (await listNotices(trx)).map(entity) } })),
  })
  api.add({
    ...{ method: 'GET', path: one, action: 'organization.read', context: 'notices/$entity', status: 200 },
    ...{ summary: 'Read a kind of notice', answer: Answer },
    handle: call =>
      inOwn(call, async trx => {
        const found = (await listNotices(trx)).find(({ kind }) => kind === call.params.kind)
        if (!found) throw refuse('not_found')
        return { json: entity(found), etag: etagOf(found) }
      }),
  })
  api.add({
    ...{ method: 'PATCH', path: one, action: 'resetPolicies.write', status: 204 },
    ...{ summary: 'Turn a kind of notice on or off', body: Type.Object({ isOn: Type.Boolean() }, closed) },
    handle: call =>
      inOwn(call, async trx => {
        await switchNotice(trx, call.act, addressed(call), call.body.isOn)
        return {}
      }),
  })
  api.add({
    ...{ method: 'PUT', path: worded, action: 'branding.write', status: 204 },
    ...{ summary: 'Put the organization’s own words into a kind of notice', body: Type.Object(own, closed) },
    hasLines: true,
    handle: call =>
      inOwn(call, async trx => {
        const place = { ...addressed(call), language: call.params.language! }
        await putWording(trx, call.act, place, { wording: wordingOf(call.body), origin: call.services.origin })
        return {}
      }),
  })
  api.add({
    ...{ method: 'DELETE', path: worded, action: 'branding.write', status: 204 },
    summary: 'Give a kind of notice its usual words back',
    handle: call =>
      inOwn(call, async trx => {
        await removeWording(trx, call.act, { ...addressed(call), language: call.params.language! })
        return {}
      }),
  })
  api.add({
    ...{ method: 'POST', path: `${one}/previews`, action: 'branding.write', status: 200 },
    summary: 'Show the mail that these words would make, without sending it',
    hasLines: true,
    body: Type.Object({ language: Type.Enum([...languages]), ...own }, closed),
    answer: Type.Object({ from: Type.String(), subject: Type.String(), text: Type.String(), html: Type.String() }),
    handle: call =>
      inOwn(call, async trx => {
        const { words, origin } = call.services
        const { language } = call.body
        const shown = { kind: call.params.kind!, language, wording: wordingOf(call.body) }
        const message = await previewNotice(trx, call.act, { words, origin }, shown)
        const { color, logo } = await readLooks(trx, language)
        const place = logo?.locale === '0' ? '' : `?locale=${logo?.locale}`
        const picture = logo && `${origin}/branding/${call.tenantId}/bannerLogo${place}`
        const { from, subject = '', text } = message
        return { json: { from, subject, text, html: documentOf(message, origin, { color, logo: picture }) } }
      }),
  })
}

const addressed = ({ params, headers }: Pick<Call, 'params' | 'headers'>) => ({
  ...{ kind: params.kind!, ifMatch: headers['if-match'] },
})

const etagOf = ({ version }: KeptNotice) => `W/"${version}"`

const entity = (notice: KeptNotice) => ({ '@odata.etag': etagOf(notice), ...shownOf(notice) })

const shownOf = ({ kind, isOn, canBeOff = false, words, fills = [], needs = [], wordings }: KeptNotice) => ({
  ...{ id: kind, isOn, canBeOff, words },
  placeholders: ['organization', ...fills],
  neededPlaceholders: [...needs],
  wordings,
})

const wordingOf = ({ subject = null, opening = null, closing = null }: Partial<Wording>): Wording => ({
  ...{ subject, opening, closing },
})
