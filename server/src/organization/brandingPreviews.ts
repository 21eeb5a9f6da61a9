import { deflateRawSync, inflateRawSync } from 'node:zlib'
import { demand } from '../access/index.ts'
import type { Act } from '../act.ts'
import { MINUTE, plus } from '../clock.ts'
import type { Means } from '../crypto/index.ts'
import { isOver, type Trx } from '../store/index.ts'
import { checkLook, DEFAULT, type Localization, type Look, readLocale } from './branding.ts'
import { refuseProgram } from './errors.ts'

/** Looks that nobody has saved yet, for readers of one language. */
export interface BrandingPreview {
  locale: string
  look: Look
}

const LASTS = 10 * MINUTE

/** More than the longest looks that a person types: what a token holds is read by every page that shows it. */
const LONGEST = 32_768

const placeOf = (tenantId: string) => ({ purpose: 'branding-preview', tenantId, rowId: tenantId }) as const

/** Seals looks that are to be seen before they are saved. Nothing is kept. Throws `property_invalid`. */
export function sealPreview(
  trx: Trx,
  act: Act,
  { id = DEFAULT, ...look }: Look & { id?: string | undefined },
): { token: string; expiresAt: Date } {
  const { tenantId } = trx
  demand(act, 'branding.write', { kind: 'tenant', tenantId })
  const locale = readLocale(id)
  if (locale === undefined) throw refuseProgram('property_invalid', { field: 'id' })
  checkLook(look)
  const expiresAt = plus(act.now, LASTS)
  const content = deflateRawSync(JSON.stringify({ locale, look, until: expiresAt.getTime() })).toString('base64')
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
    return isOver(new Date(until), now, LASTS) ? undefined : preview
  } catch {
    return undefined // altered, another's, or sealed with a secret that is gone
  }
}

/** The localizations of a tenant as they would be with the preview. */
export function withPreview(all: readonly Localization[], { locale, look }: BrandingPreview): Localization[] {
  const saved = all.find(one => one.locale === locale) ?? { locale, settings: {}, images: [] }
  return [...all.filter(one => one !== saved), { ...saved, settings: { ...saved.settings, ...look } }]
}
