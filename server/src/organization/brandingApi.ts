import { type Static, type TSchema, Type } from 'typebox'
import { type Api, answerList, askingOf, type Call, checkIsOwn, inOwn, readRow } from '../api/index.ts'
import { readSelection, rowSchema } from '../odata/index.ts'
import { productColor, readabilityOf } from '../pages/index.ts'
import { askOne, type Trx } from '../store/index.ts'
import { acceptedLanguages } from '../words/index.ts'
import {
  addLocalization,
  changeBranding,
  DEFAULT,
  findImage,
  localizationsOf,
  looksFor,
  putImage,
  readLocale,
  removeBranding,
  removeImage,
} from './branding.ts'
import { sealPreview, type TriedPictures, tryPicture, withPreview } from './brandingPreviews.ts'
import { isOf, type LookName, localizationEntity, lookNames, lookSchema, shown } from './entities.ts'
import { refuse } from './errors.ts'
import { type ImageKind, imageKinds, limitsFor } from './images.ts'

const Look = Type.Object(
  Object.fromEntries(lookNames.map(name => [name, Type.Optional(lookSchema[name])])) as {
    [Name in LookName]: ReturnType<typeof Type.Optional<(typeof lookSchema)[Name]>>
  },
  { additionalProperties: false },
)
const NewLook = Type.Object({ id: Type.String(), ...Look.properties }, { additionalProperties: false })

/** The pictures that pages show can be tried, as base64. */
const triedKinds = ['bannerLogo', 'favicon'] as const satisfies readonly ImageKind[]
const Picture = (kind: ImageKind) =>
  Type.Optional(
    Type.String({
      ...{ contentEncoding: 'base64', pattern: '^[A-Za-z0-9+/]*={0,2}$' },
      // One byte more than a picture may have, which is then told as too large.
      maxLength: Math.ceil((limitsFor(kind).bytes + 1) / 3) * 4,
    }),
  )
const Tried = Type.Object(
  {
    id: Type.Optional(Type.String()),
    ...Look.properties,
    ...(Object.fromEntries(triedKinds.map(kind => [kind, Picture(kind)])) as {
      [Kind in (typeof triedKinds)[number]]: ReturnType<typeof Picture>
    }),
  },
  { additionalProperties: false },
)

/** What becomes of the colour, in the looks that a reader of the language would see. */
const Readability = Type.Array(
  Type.Object({
    part: Type.Enum(['button', 'link']),
    scheme: Type.Enum(['light', 'dark']),
    shown: Type.String(),
    against: Type.String(),
    ratio: Type.Number(),
    kept: Type.Boolean(),
  }),
)

const READ_ONLY = ['id', 'cdnList', ...imageKinds.map(kind => `${kind}RelativeUrl`)]
const UNSUPPORTED = [
  ...imageKinds,
  'contentCustomization',
  'customCSS',
  'customCSSRelativeUrl',
  'headerBackgroundColor',
  'loginPageLayoutConfiguration',
  'loginPageTextVisibilitySettings',
]

const answer: TSchema = rowSchema(localizationEntity)
const branding = '/organization/{id}/branding'
const localizations = `${branding}/localizations`
const one = `${localizations}/{locale}`
const write = 'branding.write'
const read = 'organization.read'

/** The looks of a company's pages, by language, and their pictures. */
export function brandingApi(api: Api) {
  api.add({
    ...{ method: 'GET', path: branding, action: read, context: 'branding', status: 200, answer },
    ...{ summary: 'Read the looks of pages in the language of Accept-Language', options: ['$select'] },
    handle: call => inOwn(call, trx => readMerged(trx, call)),
  })
  api.add({
    ...{ method: 'PATCH', path: branding, action: write, status: 204 },
    ...{ summary: 'Change the default looks of pages', body: Look, readOnly: READ_ONLY, unsupported: UNSUPPORTED },
    handle: call => change(call, DEFAULT),
  })
  api.add({
    ...{ method: 'DELETE', path: branding, action: write, status: 204 },
    summary: 'Remove the default looks of pages',
    handle: call => inOwn(call, trx => done(removeBranding(trx, call.act, DEFAULT))),
  })
  api.add({
    ...{ method: 'GET', path: localizations, action: read, context: 'localizations', status: 200 },
    ...{ summary: 'List the looks of pages by language', options: ['$select', '$top', '$count'] },
    answer: Type.Object({ value: Type.Array(answer) }),
    handle: async call => answerListOf(call),
  })
  api.add({
    ...{ method: 'POST', path: localizations, action: write, context: 'localizations/$entity', status: 201, answer },
    ...{ summary: 'Add looks for a language', body: NewLook },
    readOnly: READ_ONLY.slice(1),
    unsupported: UNSUPPORTED,
    handle: call =>
      inOwn(call, async trx => {
        const { id, ...look } = call.body
        const locale = await addLocalization(trx, call.act, id, look)
        return { ...(await readOwn(trx, call, locale)), location: `${call.path}/${shown(locale)}` }
      }),
  })
  api.add({
    ...{ method: 'GET', path: one, action: read, context: 'localizations/$entity', status: 200, answer },
    ...{ summary: 'Read the looks for a language', options: ['$select'] },
    handle: call => inOwn(call, trx => readOwn(trx, call, localeOf(call))),
  })
  api.add({
    ...{ method: 'PATCH', path: one, action: write, status: 204 },
    ...{ summary: 'Change the looks for a language', body: Look, readOnly: READ_ONLY, unsupported: UNSUPPORTED },
    handle: call => change(call, localeOf(call)),
  })
  api.add({
    ...{ method: 'DELETE', path: one, action: write, status: 204 },
    summary: 'Remove the looks for a language',
    handle: call => inOwn(call, trx => done(removeBranding(trx, call.act, localeOf(call)))),
  })
  api.add({
    ...{
      method: 'POST',
      path: `${branding}/previews`,
      action: write,
      context: 'branding/previews/$entity',
      status: 201,
    },
    ...{ summary: 'Show looks on the sign-in page before they are saved', body: Tried, readOnly: READ_ONLY.slice(1) },
    unsupported: UNSUPPORTED.filter(name => !triedKinds.some(kind => kind === name)),
    answer: Type.Object({
      url: Type.String(),
      expiresDateTime: Type.String({ format: 'date-time' }),
      readability: Readability,
    }),
    handle: call =>
      inOwn(call, async trx => {
        const { id, bannerLogo, favicon, ...look } = call.body
        const pictures: TriedPictures = {}
        for (const [kind, picture] of Object.entries({ bannerLogo, favicon }) as [ImageKind, string | undefined][])
          if (picture !== undefined)
            pictures[kind] = await tryPicture(trx, call.act, { kind, image: Buffer.from(picture, 'base64') })
        const { token, expiresAt } = sealPreview(trx, call.act, { id, look, pictures })
        const url = `${call.services.origin}/signin/preview/${call.tenantId}?look=${token}`
        const readability = readabilityOf(await colorOf(trx, { id, look }))
        return { json: { url, expiresDateTime: expiresAt.toISOString(), readability } }
      }),
  })
  for (const kind of imageKinds) for (const path of [branding, one]) imageApi(api, path, kind)
}

/** One picture: of the default looks where the path names no language. */
function imageApi(api: Api, place: string, kind: ImageKind) {
  const path = `${place}/${kind}`
  api.add({
    ...{ method: 'GET', path, action: read, status: 200, summary: `Read ${kind}` },
    handle: call =>
      inOwn(call, async trx => {
        const found = await findImage(trx, await imageLocale(trx, call, kind), kind)
        if (!found) throw refuse('not_found')
        return { file: { type: found.type, content: found.image } }
      }),
  })
  api.add({
    ...{ method: 'PUT', path, action: write, status: 204, summary: `Write ${kind}` },
    takes: ['image/png', 'image/jpeg', 'image/webp', 'image/*', 'application/octet-stream'],
    async handle(call) {
      // The limit says before anything is read how much there may be.
      const image = await call.bytes(limitsFor(kind).bytes)
      return inOwn(call, trx => done(putImage(trx, call.act, localeOf(call), { kind, image })))
    },
  })
  api.add({
    ...{ method: 'DELETE', path, action: write, status: 204, summary: `Remove ${kind}` },
    handle: call => inOwn(call, trx => done(removeImage(trx, call.act, localeOf(call), kind))),
  })
}

/** The colour that readers of a language would see with looks that are tried. */
async function colorOf(
  trx: Trx,
  { id = DEFAULT, look }: { id: string | undefined; look: Static<typeof Look> },
): Promise<string> {
  const locale = readLocale(id) ?? DEFAULT
  const tried = withPreview(await askOne(trx, localizationsOf(trx.tenantId)), { locale, look, pictures: {} })
  return looksFor(tried, [locale]).settings.backgroundColor ?? productColor
}

const done = async (work: Promise<void>) => {
  await work
  return {}
}

const change = (call: Call<Static<typeof Look>>, locale: string) =>
  inOwn(call, trx =>
    done(changeBranding(trx, call.act, locale, { look: call.body, ifMatch: call.headers['if-match'] })),
  )

/** The localization that the path names. Throws `not_found` for a text that is none. */
function localeOf({ params }: Pick<Call, 'params'>): string {
  const locale = params.locale === undefined ? DEFAULT : readLocale(params.locale)
  if (locale === undefined) throw refuse('not_found')
  return locale
}

const answerListOf = (call: Call) => {
  checkIsOwn(call)
  return answerList(call, localizationEntity)
}

async function readOwn(trx: Trx, call: Call, locale: string) {
  const row = await readRow(trx, call, localizationEntity, { where: isOf(locale) })
  if (!row) throw refuse('not_found')
  return row
}

/** What a reader of the asked languages sees. */
async function readMerged(trx: Trx, call: Call) {
  const all = await askOne(trx, localizationsOf(call.tenantId))
  if (all.length === 0) throw refuse('not_found')
  const { locale, settings, images } = looksFor(all, languagesOf(call))
  const selected = readSelection(localizationEntity, call.query, askingOf(call)).properties.map(([name]) => name)
  const standard = await readRow(trx, { ...call, query: [] }, localizationEntity, { where: isOf(DEFAULT) })
  const told: Record<string, unknown> = { ...settings, id: shown(locale) }
  return {
    json: {
      ...Object.fromEntries(selected.map(name => [name, told[name] ?? null])),
      ...(call.query.length === 0 && addressesOf(call, images)),
    },
    ...(standard?.etag !== undefined && { etag: standard.etag }),
  }
}

/** Where browsers find the pictures that are shown. */
const addressesOf = ({ services, tenantId }: Call, images: Partial<Record<ImageKind, string>>) => ({
  cdnList: [new URL(services.origin).host],
  ...Object.fromEntries(
    imageKinds.map(kind => {
      const locale = images[kind]
      const query = locale === undefined || locale === DEFAULT ? '' : `?locale=${locale}`
      return [`${kind}RelativeUrl`, locale === undefined ? null : `branding/${tenantId}/${kind}${query}`]
    }),
  ),
})

const languagesOf = ({ headers }: Pick<Call, 'headers'>) => acceptedLanguages(headers['accept-language'])

/** The localization of the picture: the named one, or the one that fits the asked languages. */
async function imageLocale(trx: Trx, call: Call, kind: ImageKind): Promise<string> {
  if (call.params.locale !== undefined) return localeOf(call)
  return looksFor(await askOne(trx, localizationsOf(call.tenantId)), languagesOf(call)).images[kind] ?? DEFAULT
}
