import { sql } from 'kysely'
import { demand } from '../access/index.ts'
import type { Act } from '../act.ts'
import { changesOf, record } from '../audit/index.ts'
import { lockTenant } from '../directory/index.ts'
import type { Read, Trx } from '../store/index.ts'
import { refuse, refuseProgram } from './errors.ts'
import { checkImage, type ImageKind } from './images.ts'
import { isLink } from './profile.ts'
import { checkVersion } from './versions.ts'

/** The texts and colour of a company's pages. Absent or null: as the default has it, or as Latchkey's own. */
export interface Look {
  /** `#rrggbb`. */
  backgroundColor?: string | null | undefined
  signInPageText?: string | null | undefined
  usernameHintText?: string | null | undefined
  customAccountResetCredentialsUrl?: string | null | undefined
  customCannotAccessYourAccountText?: string | null | undefined
  customCannotAccessYourAccountUrl?: string | null | undefined
  customForgotMyPasswordText?: string | null | undefined
  customPrivacyAndCookiesText?: string | null | undefined
  customPrivacyAndCookiesUrl?: string | null | undefined
  customResetItNowText?: string | null | undefined
  customTermsOfUseText?: string | null | undefined
  customTermsOfUseUrl?: string | null | undefined
}

/** The looks for readers of one language; of '0' for all others, and for what theirs lacks. */
export interface Localization {
  locale: string
  settings: Look
  images: ImageKind[]
}

/** What one reader sees. */
export interface Looks {
  /** The localization that fits the reader best. */
  locale: string
  settings: Look
  /** The token of looks that are not saved yet. */
  preview?: string
  /** The localization that each picture is taken from. */
  images: Partial<Record<ImageKind, string>>
}

export const DEFAULT = '0'

/** Localizations of a tenant. Each page reads them all. */
const LOCALIZATIONS_AT_MOST = 50

/** A language as browsers ask for it (RFC 5646). */
const LOCALE = /^[a-z]{2,3}(-[a-z0-9]{2,8}){0,3}$/

/** The id of a localization as it is stored; undefined for a text that is none. */
export function readLocale(typed: string): string | undefined {
  const locale = typed.toLowerCase()
  return locale === DEFAULT || locale === 'default' ? DEFAULT : LOCALE.test(locale) ? locale : undefined
}

/** For SQL: what changes with a localization. A picture is a thing of its own. */
export const brandingVersion = sql`md5(settings::text)`

/** Every localization of the tenant. */
export const localizationsOf = (tenantId: string): Read<Localization[]> => ({
  sql: sql`(
    select coalesce(json_agg(json_build_object('locale', locale, 'settings', settings, 'images', array(
      select kind from branding_images i where i.tenant_id = ${tenantId} and i.locale = branding.locale order by kind))
      order by locale), '[]')
    from branding where tenant_id = ${tenantId})`,
  read: json => json as Localization[],
})

/** What a reader of these languages sees, best first. */
export function looksFor(all: readonly Localization[], languages: readonly string[]): Looks {
  const standard = all.find(({ locale }) => locale === DEFAULT)
  const own = findFor(all, languages)
  const chosen = [standard, own].filter(one => one !== undefined)
  const given = chosen.flatMap(({ settings }) => Object.entries(settings).filter(([, value]) => value !== null))
  return {
    locale: own?.locale ?? DEFAULT,
    settings: Object.fromEntries(given),
    images: Object.fromEntries(chosen.flatMap(({ images, locale }) => images.map(kind => [kind, locale]))),
  }
}

/** The localization of the first language that has one: its own, one of the same language without a region, or of another region. */
export function findFor(all: readonly Localization[], languages: readonly string[]): Localization | undefined {
  for (const language of languages.map(one => one.toLowerCase())) {
    const [primary = ''] = language.split('-')
    const found =
      all.find(({ locale }) => locale === language) ??
      all.find(({ locale }) => locale === primary) ??
      all.find(({ locale }) => locale.startsWith(`${primary}-`))
    if (found) return found
  }
  return undefined
}

/** What changes with the looks for a language; undefined where there are none. */
export async function findBrandingVersion(trx: Trx, locale: string): Promise<string | undefined> {
  const found = await trx
    .selectFrom('branding')
    .select(brandingVersion.$castTo<string>().as('version'))
    .where('tenant_id', '=', trx.tenantId)
    .where('locale', '=', locale)
    .executeTakeFirst()
  return found?.version
}

/** Makes the looks for a language. Throws `ObjectConflict` where there are some, `property_invalid`, `quota_exceeded`. */
export async function addLocalization(trx: Trx, act: Act, id: string, look: Look): Promise<string> {
  const { tenantId } = trx
  demand(act, 'branding.write', { kind: 'tenant', tenantId })
  const locale = readLocale(id)
  if (locale === undefined) throw refuseProgram('property_invalid', { field: 'id' })
  checkLook(look)
  await lockTenant(trx, tenantId)
  const { count } = await trx
    .selectFrom('branding')
    .select(({ fn }) => fn.countAll<string>().as('count'))
    .where('tenant_id', '=', tenantId)
    .executeTakeFirstOrThrow()
  if (Number(count) >= LOCALIZATIONS_AT_MOST) throw refuseProgram('quota_exceeded')
  const added = await trx
    .insertInto('branding')
    .values({ tenant_id: tenantId, locale, settings: JSON.stringify(look), changed_at: act.now })
    .onConflict(conflict => conflict.doNothing())
    .returning('locale')
    .executeTakeFirst()
  if (!added) throw refuseProgram('ObjectConflict', { field: 'id' })
  await recordBranding(trx, act, locale, changesOf<Look>({}, look))
  return locale
}

/** Changes the looks for a language. The default ones come to be where there are none. Throws `not_found`, `property_invalid`, `resource_modified`. */
export async function changeBranding(
  trx: Trx,
  act: Act,
  id: string,
  { look, ifMatch }: { look: Look; ifMatch?: string | undefined },
): Promise<void> {
  demand(act, 'branding.write', { kind: 'tenant', tenantId: trx.tenantId })
  checkLook(look)
  const { locale, settings, version } = await lockBranding(trx, act, id)
  checkVersion(version, ifMatch)
  await trx
    .updateTable('branding')
    .set({ settings: JSON.stringify({ ...settings, ...look }), changed_at: act.now })
    .where('tenant_id', '=', trx.tenantId)
    .where('locale', '=', locale)
    .execute()
  await recordBranding(trx, act, locale, changesOf<Look>(settings, look))
}

/** Removes the looks for a language with their pictures. Throws `not_found`. */
export async function removeBranding(trx: Trx, act: Act, id: string): Promise<void> {
  demand(act, 'branding.write', { kind: 'tenant', tenantId: trx.tenantId })
  const removed = await trx
    .deleteFrom('branding')
    .where('tenant_id', '=', trx.tenantId)
    .where('locale', '=', readLocale(id) ?? '')
    .returning('locale')
    .executeTakeFirst()
  if (!removed) throw refuse('not_found')
  await recordBranding(trx, act, removed.locale, { removed: 'all' })
}

/** Puts a picture in its place. Throws `not_found`, and as `checkImage`. */
export async function putImage(
  trx: Trx,
  act: Act,
  id: string,
  { kind, image }: { kind: ImageKind; image: Buffer },
): Promise<void> {
  demand(act, 'branding.write', { kind: 'tenant', tenantId: trx.tenantId })
  const type = checkImage(kind, image)
  const { locale } = await lockBranding(trx, act, id)
  await keepImage(trx, { locale, kind, type, image })
  await recordBranding(trx, act, locale, { image: kind })
}

export interface StoredImage {
  locale: string
  kind: ImageKind
  type: 'image/png' | 'image/jpeg' | 'image/webp'
  image: Buffer
}

async function keepImage(trx: Trx, { locale, kind, type, image }: StoredImage): Promise<void> {
  await trx
    .insertInto('branding_images')
    .values({ tenant_id: trx.tenantId, locale, kind, type, image })
    .onConflict(conflict => conflict.columns(['tenant_id', 'locale', 'kind']).doUpdateSet({ type, image }))
    .execute()
}

/** Removes a picture. Throws `not_found`. */
export async function removeImage(trx: Trx, act: Act, id: string, kind: ImageKind): Promise<void> {
  demand(act, 'branding.write', { kind: 'tenant', tenantId: trx.tenantId })
  const removed = await trx
    .deleteFrom('branding_images')
    .where('tenant_id', '=', trx.tenantId)
    .where('locale', '=', readLocale(id) ?? '')
    .where('kind', '=', kind)
    .returning('locale')
    .executeTakeFirst()
  if (!removed) throw refuse('not_found')
  await recordBranding(trx, act, removed.locale, { removed: kind })
}

/** A picture of one localization. */
export const findImage = (
  trx: Trx,
  locale: string,
  kind: ImageKind,
): Promise<Pick<StoredImage, 'type' | 'image'> | undefined> =>
  trx
    .selectFrom('branding_images')
    .select(['type', 'image'])
    .where('tenant_id', '=', trx.tenantId)
    .where('locale', '=', locale)
    .where('kind', '=', kind)
    .executeTakeFirst()

/** The looks that a company begins with, which an operator gives. A logo may be of more pixels than administrators can upload. */
export async function beginBranding(
  trx: Trx,
  { now }: Pick<Act, 'now'>,
  { color, logo }: { color?: string | undefined; logo?: Buffer },
): Promise<void> {
  await trx
    .insertInto('branding')
    .values({
      ...{ tenant_id: trx.tenantId, locale: DEFAULT, changed_at: now },
      settings: JSON.stringify(color === undefined ? {} : { backgroundColor: color.toLowerCase() }),
    })
    .execute()
  if (logo) await keepImage(trx, { locale: DEFAULT, kind: 'bannerLogo', type: 'image/png', image: logo })
}

/** Locks the looks for a language. The default ones come to be. Throws `not_found` for others. */
async function lockBranding(trx: Trx, { now }: Act, id: string) {
  const locale = readLocale(id)
  const { tenantId } = trx
  if (locale === DEFAULT)
    await trx
      .insertInto('branding')
      .values({ tenant_id: tenantId, locale, settings: '{}', changed_at: now })
      .onConflict(conflict => conflict.doNothing())
      .execute()
  const row =
    locale &&
    (await trx
      .selectFrom('branding')
      .select(['locale', 'settings', brandingVersion.$castTo<string>().as('version')])
      .where('tenant_id', '=', tenantId)
      .where('locale', '=', locale)
      .forUpdate()
      .executeTakeFirst())
  if (!row) throw refuse('not_found')
  return { ...row, settings: row.settings as Look }
}

/** A colour becomes part of a style sheet, and an address of a page; texts are escaped by the page. */
export function checkLook(look: Look): void {
  for (const [name, value] of Object.entries(look)) {
    if (value == null) continue
    const fits = name === 'backgroundColor' ? /^#[0-9a-f]{6}$/i.test(value) : !name.endsWith('Url') || isLink(value)
    if (!fits) throw refuseProgram('property_invalid', { field: name })
  }
}

const recordBranding = (trx: Trx, act: Act, locale: string, details: Record<string, string>) =>
  record(trx, act, {
    activity: 'branding.changed',
    result: 'success',
    target: { id: trx.tenantId, name: 'branding' },
    details: { locale, ...details },
  })
