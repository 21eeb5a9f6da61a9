import { deflateRawSync, inflateRawSync } from 'node:zlib'
import { sql } from 'kysely'
import { demand } from '../access/index.ts'
import type { Act } from '../act.ts'
import { MINUTE, plus } from '../clock.ts'
import { isUuid, type Means } from '../crypto/index.ts'
import { hasEnded, isOver, type Removal, type Trx } from '../store/index.ts'
import { checkLook, DEFAULT, type Localization, type Look, putImage, readLocale, type StoredImage } from './branding.ts'
import { refuseProgram } from './errors.ts'
import { checkImage, type ImageKind } from './images.ts'

/** The ids of pictures that nobody has saved yet. */
export type TriedPictures = Partial<Record<ImageKind, string>>

/** Looks that nobody has saved yet, for readers of one language. */
export interface BrandingPreview {
  locale: string
  look: Look
  pictures: TriedPictures
}

const LASTS = 10 * MINUTE

/** Pictures that one company keeps for it at once: the oldest makes room. */
const PICTURES_AT_MOST = 20

/** More than the longest looks that a person types: what a token holds is read by every page that shows it. */
const LONGEST = 32_768

const placeOf = (tenantId: string) => ({ purpose: 'branding-preview', tenantId, rowId: tenantId }) as const

/** Seals looks that are to be seen before they are saved. Of their texts nothing is kept. Throws `property_invalid`. */
export function sealPreview(
  trx: Trx,
  act: Act,
  { id = DEFAULT, look, pictures = {} }: { id?: string | undefined; look: Look; pictures?: TriedPictures },
): { token: string; expiresAt: Date } {
  const { tenantId } = trx
  demand(act, 'branding.write', { kind: 'tenant', tenantId })
  const locale = readLocale(id)
  if (locale === undefined) throw refuseProgram('property_invalid', { field: 'id' })
  checkLook(look)
  const expiresAt = plus(act.now, LASTS)
  const preview = { locale, look, pictures, until: expiresAt.getTime() }
  const content = deflateRawSync(JSON.stringify(preview)).toString('base64')
  return { token: act.keys.seal(placeOf(tenantId), content).toString('base64url'), expiresAt }
}

/** What `sealPreview` sealed in this tenant within ten minutes; undefined for any other text. */
export function openPreview(
  { keys, now }: Pick<Means, 'keys' | 'now'>,
  tenantId: string,
  token: string,
): BrandingPreview | undefined {
  try {
    const sealed = Buffer.from(keys.open(placeOf(tenantId), Buffer.from(token, 'base64url')), 'base64')
    const { until, ...preview } = JSON.parse(String(inflateRawSync(sealed, { maxOutputLength: LONGEST })))
    return isOver(new Date(until), now, LASTS) ? undefined : { pictures: {}, ...preview }
  } catch {
    return undefined // altered, another's, or sealed with a secret that is gone
  }
}

/** The localizations of a tenant as they would be with the preview. */
export function withPreview(all: readonly Localization[], { locale, look, pictures }: BrandingPreview): Localization[] {
  const saved = all.find(one => one.locale === locale) ?? { locale, settings: {}, images: [] }
  const images = [...new Set([...saved.images, ...(Object.keys(pictures) as ImageKind[])])]
  return [...all.filter(one => one !== saved), { locale, settings: { ...saved.settings, ...look }, images }]
}

/**
 * Keeps a picture for ten minutes, so that it is seen before it is saved. The limits are those of a saved one (§10.2).
 * Returns its id. Throws as `checkImage`.
 */
export async function tryPicture(
  trx: Trx,
  act: Act,
  { kind, image }: { kind: ImageKind; image: Buffer },
): Promise<string> {
  const { tenantId } = trx
  demand(act, 'branding.write', { kind: 'tenant', tenantId })
  const type = checkImage(kind, image)
  const id = act.random.uuid(act.now)
  await trx
    .insertInto('branding_previews')
    .values({ tenant_id: tenantId, id, kind, type, image, expires_at: plus(act.now, LASTS) })
    .execute()
  await sql`
    delete from branding_previews where tenant_id = ${tenantId} and id in (
      select id from branding_previews where tenant_id = ${tenantId}
      order by expires_at desc, id desc offset ${sql.lit(PICTURES_AT_MOST)})`.execute(trx)
  return id
}

/** A picture that was tried within ten minutes. */
export const findTriedPicture = async (
  trx: Trx,
  { now }: Pick<Means, 'now'>,
  id: string,
): Promise<Pick<StoredImage, 'type' | 'image'> | undefined> => {
  if (!isUuid(id)) return undefined
  const found = await trx
    .selectFrom('branding_previews')
    .select(['type', 'image', 'expires_at'])
    .where('tenant_id', '=', trx.tenantId)
    .where('id', '=', id)
    .executeTakeFirst()
  return found && !isOver(found.expires_at, now, LASTS) ? found : undefined
}

/** Saves a picture that was tried. False where its time is over. Throws as `putImage`. */
export async function saveTriedPicture(
  trx: Trx,
  act: Act,
  locale: string,
  { kind, id }: { kind: ImageKind; id: string },
): Promise<boolean> {
  const found = await findTriedPicture(trx, act, id)
  if (found) await putImage(trx, act, locale, { kind, image: found.image })
  return found !== undefined
}

/** Pictures that were tried and whose ten minutes are over. */
export const expiredBrandingPreviews: Removal = {
  table: 'branding_previews',
  due: now => hasEnded(sql`expires_at`, now, LASTS),
}
