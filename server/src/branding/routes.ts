import { Type } from 'typebox'
import { demandAny, mayAny } from '../access/index.ts'
import type { Act } from '../act.ts'
import { changeResetPolicy } from '../administration/index.ts'
import { getTenant } from '../directory/index.ts'
import { Exactly, type Journeys, type SignedInVisit, Text } from '../http/index.ts'
import {
  addLocalization,
  changeBranding,
  changeProfile,
  findBrandingVersion,
  type Look,
  limitsFor,
  localizationsOf,
  lookLengths,
  openPreview,
  putImage,
  readLocale,
  removeBranding,
  removeImage,
  saveTriedPicture,
  sealPreview,
  type TriedPictures,
  tryPicture,
} from '../organization/index.ts'
import { listPolicies } from '../policies/index.ts'
import { actorOf, isFresh } from '../sessions/index.ts'
import { askOne, inTenant, type Trx } from '../store/index.ts'
import { forPeople, refuse } from './errors.ts'
import { brandingPage } from './pages.tsx'
import { type Branding, brandingView, pictures, previewsOf, textNames } from './wire.ts'

/** What the session of an administrator opens on this page. */
const SCOPES = ['OrganizationalBranding.ReadWrite.All', 'Organization.ReadWrite.All', 'Policy.ReadWrite.PasswordReset']

const PATH = '/organization/branding'

const LARGEST = Math.max(...pictures.map(kind => limitsFor(kind).bytes))

const Locale = Type.String({ pattern: '^(0|[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8}){0,3})$', maxLength: 35 })
const Version = Type.Optional(Type.String({ pattern: '^[0-9a-z]{1,64}$' }))
const Kind = Type.Enum([...pictures])
const Picture = Type.String({ maxLength: Math.ceil(LARGEST / 3) * 4, pattern: '^[A-Za-z0-9+/]*={0,2}$' })
/** The token of what is shown before it is saved: as long as an address may be. */
const Token = Type.String({ maxLength: 12_000, pattern: '^[\\w-]+$' })
const orNull = (length: number) => Type.Optional(Type.Union([Text(length), Type.Null()]))
const Lines = Type.String({
  minLength: 1,
  maxLength: lookLengths.signInPageText,
  pattern: '^(?:[^\\p{Cc}]|[\\n\\r\\t])*$',
})
const look = {
  backgroundColor: orNull(32),
  ...(Object.fromEntries(textNames.map(name => [name, orNull(lookLengths[name])])) as Record<
    (typeof textNames)[number],
    ReturnType<typeof orNull>
  >),
  signInPageText: Type.Optional(Type.Union([Lines, Type.Null()])),
}

/**
 * The page on which a company's own looks are changed (self-service password reset, §10.2), for Global and
 * Organizational Branding Administrators. The rules are those of `/v1.0/organization/{id}/branding`.
 */
export function brandingRoutes(journeys: Journeys) {
  journeys.route({
    method: 'GET',
    url: PATH,
    access: 'signed-in',
    handle: async visit => ({ json: brandingView(await read(visit)) }),
    page: async (visit, problem) => brandingPage(visit, await read(visit), { mayWrite: mayWrite(visit), problem }),
  })

  journeys.route({
    method: 'POST',
    url: PATH,
    access: 'signed-in',
    flood: 'step',
    body: Exactly({ locale: Locale, version: Version, ...look }),
    fromForm: withNulls,
    async handle(visit, { locale: id, version, ...typed }) {
      const locale = localeIn(id)
      await change(visit, (trx, act) => save(trx, act, { locale, version, look: asLook(typed) }))
      return done(visit, locale, 'saved')
    },
    standsOn,
    keeps,
  })

  journeys.route({
    method: 'POST',
    url: `${PATH}/previews`,
    access: 'signed-in',
    flood: 'step',
    body: Exactly({ locale: Locale, version: Version, tried: Type.Optional(Token), ...look }),
    fromForm: withNulls,
    async handle(visit, { locale: id, version, tried, ...typed }) {
      const locale = localeIn(id)
      const { pictures } = triedBefore(visit, locale, tried)
      const sealed = await change(visit, async (trx, act) =>
        sealPreview(trx, act, { id: locale, look: asLook(typed), pictures }),
      )
      return previewed(visit, locale, { ...sealed, version })
    },
    standsOn,
    keeps,
  })

  journeys.route({
    method: 'POST',
    url: `${PATH}/pictures/previews`,
    access: 'signed-in',
    flood: 'step',
    file: LARGEST,
    body: Exactly({ locale: Locale, version: Version, kind: Kind, picture: Picture, tried: Type.Optional(Token) }),
    async handle(visit, { locale: id, version, kind, picture, tried }) {
      const locale = localeIn(id)
      const image = readPicture(picture)
      const before = triedBefore(visit, locale, tried)
      const sealed = await change(visit, async (trx, act) => {
        const pictures = { ...before.pictures, [kind]: await tryPicture(trx, act, { kind, image }) }
        return sealPreview(trx, act, { id: locale, look: before.look, pictures })
      })
      return previewed(visit, locale, { ...sealed, version })
    },
    standsOn,
    keeps: /^(locale|kind)$/,
  })

  journeys.route({
    method: 'POST',
    url: `${PATH}/pictures/tried`,
    access: 'signed-in',
    flood: 'step',
    body: Exactly({ locale: Locale, kind: Kind, tried: Token }),
    async handle(visit, { locale: id, kind, tried }) {
      const locale = localeIn(id)
      const picture = triedBefore(visit, locale, tried).pictures[kind]
      const saved =
        picture !== undefined &&
        (await change(visit, async (trx, act) => {
          await makeLocale(trx, act, locale)
          return saveTriedPicture(trx, act, locale, { kind, id: picture })
        }))
      if (!saved) throw refuse('picture_over', { field: 'picture' })
      return done(visit, locale, 'saved')
    },
    standsOn,
  })

  journeys.route({
    method: 'POST',
    url: `${PATH}/pictures`,
    access: 'signed-in',
    flood: 'step',
    file: LARGEST,
    // The form's other button sends what was tried too.
    body: Exactly({ locale: Locale, version: Version, kind: Kind, picture: Picture, tried: Type.Optional(Token) }),
    async handle(visit, { locale: id, kind, picture }) {
      const locale = localeIn(id)
      const image = readPicture(picture)
      await change(visit, async (trx, act) => {
        await makeLocale(trx, act, locale)
        await putImage(trx, act, locale, { kind, image })
      })
      return done(visit, locale, 'saved')
    },
    standsOn,
    keeps: /^(locale|kind)$/,
  })

  journeys.route({
    method: 'POST',
    url: `${PATH}/pictures/removal`,
    access: 'signed-in',
    flood: 'step',
    body: Exactly({ locale: Locale, kind: Kind }),
    async handle(visit, { locale: id, kind }) {
      const locale = localeIn(id)
      await change(visit, (trx, act) => removeImage(trx, act, locale, kind))
      return done(visit, locale, 'removed')
    },
    standsOn,
  })

  journeys.route({
    method: 'POST',
    url: `${PATH}/removal`,
    access: 'signed-in',
    flood: 'step',
    body: Exactly({ locale: Locale }),
    async handle(visit, { locale }) {
      await change(visit, (trx, act) => removeBranding(trx, act, localeIn(locale)))
      return done(visit, '0', 'removed')
    },
    standsOn,
  })

  journeys.route({
    method: 'POST',
    url: `${PATH}/name`,
    access: 'signed-in',
    flood: 'step',
    body: Exactly({ displayName: Text(256) }),
    async handle(visit, { displayName }) {
      await change(visit, (trx, act) => changeProfile(trx, act, { displayName: displayName.trim() }, undefined))
      return done(visit, '0', 'saved')
    },
    standsOn,
    keeps: /^displayName$/,
  })

  journeys.route({
    method: 'POST',
    url: `${PATH}/helpdesk`,
    access: 'signed-in',
    flood: 'step',
    body: Exactly({ helpdesk: Type.Union([Text(500), Type.Null()]) }),
    fromForm: withNulls,
    async handle(visit, { helpdesk }) {
      const changes = { settings: { helpdesk: helpdesk?.trim() ?? null } }
      await change(visit, (trx, act) => changeResetPolicy(trx, act, { changes }))
      return done(visit, '0', 'saved')
    },
    standsOn,
    keeps: /^helpdesk$/,
  })

  for (const step of [
    'previews',
    'pictures',
    'pictures/previews',
    'pictures/tried',
    'pictures/removal',
    'removal',
    'name',
    'helpdesk',
  ])
    journeys.redirect(`${PATH}/${step}`, () => PATH)
}

/** The bytes of a picture. Throws `picture_missing`. */
function readPicture(picture: string): Buffer {
  if (picture === '') throw refuse('picture_missing', { field: 'picture' })
  return Buffer.from(picture, 'base64')
}

/** What was tried before in this language, so that a picture is seen with the texts, and they with it. */
function triedBefore(
  { act, session }: SignedInVisit,
  locale: string,
  token = '',
): { look: Look; pictures: TriedPictures } {
  const found = openPreview(act, session.tenantId, token)
  return found?.locale === locale ? found : { look: {}, pictures: {} }
}

function previewed(
  visit: SignedInVisit,
  locale: string,
  { token, expiresAt, version }: { token: string; expiresAt: Date; version: string | undefined },
) {
  const { signIn, reset } = previewsOf(visit.session.tenantId, token)
  return {
    status: 201,
    json: { signIn, reset, tried: token, expiresAt: expiresAt.toISOString() },
    // What somebody else saves in the meantime must not be lost either.
    next: `${PATH}?locale=${locale}&look=${token}${version === undefined ? '' : `&version=${version}`}`,
  }
}

/** A field that was left empty says that there is nothing. */
const withNulls = (form: Record<string, unknown>) =>
  Object.fromEntries(Object.entries(form).map(([name, value]) => [name, lines(value) || null]))

/** A browser sends two signs for each end of a line. */
const lines = (value: unknown) => (typeof value === 'string' ? value.replace(/\r\n?/g, '\n').trim() : value)

/** The fields whose content a refused form shows again. */
const keeps = new RegExp(`^(backgroundColor|${textNames.join('|')})$`)

const standsOn = ({ body }: { body: unknown }) => {
  const locale = (body as { locale?: unknown } | undefined)?.locale
  return typeof locale === 'string' && readLocale(locale) ? `${PATH}?locale=${readLocale(locale)}` : PATH
}

/** The language of looks. Throws `not_found` for a text that is none. */
function localeIn(typed: string): string {
  const locale = readLocale(typed)
  if (locale === undefined) throw refuse('not_found')
  return locale
}

/** A colour as people write it, with or without its sign and in either length. */
function asLook({ backgroundColor, ...rest }: Look): Look {
  if (typeof backgroundColor !== 'string') return { ...rest, ...(backgroundColor === null && { backgroundColor }) }
  const digits = backgroundColor.normalize('NFKC').trim().replace(/^#/, '').toLowerCase()
  const six = /^[0-9a-f]{3}$/.test(digits) ? digits.replace(/./g, '$&$&') : digits
  return { ...rest, backgroundColor: `#${six}` }
}

/** Makes the looks of a language where there are none; the default ones come to be by themselves. */
async function makeLocale(trx: Trx, act: Act, locale: string): Promise<void> {
  if (locale !== '0' && (await findBrandingVersion(trx, locale)) === undefined)
    await addLocalization(trx, act, locale, {})
}

async function save(
  trx: Trx,
  act: Act,
  { locale, version, look }: { locale: string; version: string | undefined; look: Look },
): Promise<void> {
  const isSaved = (await findBrandingVersion(trx, locale)) !== undefined
  if (!isSaved && locale !== '0') await addLocalization(trx, act, locale, look)
  else await changeBranding(trx, act, locale, { look, ifMatch: isSaved && version ? `"${version}"` : undefined })
}

/** The act of an administrator on this page. A fresh proof counts as a second step, and so does the one of the sign-in. */
function actOf({ act, session }: SignedInVisit): Act {
  const actor = actorOf(session)
  const proof = isFresh(session.provedAt, act.now)
    ? ({ acr: 'mfa', authTime: session.provedAt! } as const)
    : actor.proof
  return { ...act, actor: { ...actor, scopes: SCOPES, proof } }
}

/** Whether what the form sends would not be refused for the want of a second step. */
function mayWrite(visit: SignedInVisit): boolean {
  const { actor } = actOf(visit)
  return actor.kind === 'user' && actor.proof.acr === 'mfa'
}

/** Does something for those who keep the looks; the rule judges whether it is theirs. Throws `forbidden`, `proof_needed`. */
async function change<T>(visit: SignedInVisit, work: (trx: Trx, act: Act) => Promise<T>): Promise<T> {
  const act = actOf(visit)
  try {
    demandAny(act, 'branding.write')
    return await inTenant(visit.db, visit.session.tenantId, trx => work(trx, act))
  } catch (error) {
    throw forPeople(error)
  }
}

async function done(visit: SignedInVisit, locale: string, what: 'saved' | 'removed') {
  const seen = await read({ ...visit, query: { locale } })
  return { json: brandingView(seen), next: `${PATH}?locale=${locale}&${what}` }
}

/** The looks of the reader's company, for the language that the address names. */
function read(visit: SignedInVisit): Promise<Branding> {
  const { query, session } = visit
  const { tenantId } = session
  const locale = readLocale(query.locale ?? '0') ?? '0'
  const { actor } = actOf(visit)
  return change(visit, async trx => {
    const [tenant, all, version] = await Promise.all([
      getTenant(trx, tenantId),
      askOne(trx, localizationsOf(tenantId)),
      findBrandingVersion(trx, locale),
    ])
    const tried = query.look === undefined ? undefined : openPreview(visit.act, tenantId, query.look)
    const isTried = tried?.locale === locale
    const saved = all.find(one => one.locale === locale)?.settings ?? {}
    const mayHelp = mayAny(actor, 'resetPolicies.write').allowed
    const policies = mayHelp ? await listPolicies(trx, tenantId) : []
    return {
      ...{ tenantId, displayName: tenant.displayName, all, locale },
      version: isTried && query.version !== undefined ? query.version : version,
      look: isTried ? { ...saved, ...tried.look } : saved,
      preview: isTried ? query.look : undefined,
      tried: isTried ? tried.pictures : {},
      over: query.look !== undefined && !isTried,
      helpdesk: mayHelp ? (policies.find(one => one.isDefault)?.settings.helpdesk ?? null) : undefined,
      mayName: mayAny(actor, 'organization.write').allowed,
    }
  })
}
