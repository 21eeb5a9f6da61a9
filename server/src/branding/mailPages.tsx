import { NOBODYS_TENANT } from '../directory/index.ts'
import type { Message, Sender } from '../notifications/index.ts'
import { findImage, localizationsOf, looksFor } from '../organization/index.ts'
import { mailDocument } from '../pages/index.ts'
import { askOne, type Db, inTenant, type Trx } from '../store/index.ts'

const LOGO = 'logo'

/** Sends each mail as text and as HTML in the looks of its tenant, or in Latchkey's own where it belongs to nobody. */
export const inLooks = (sender: Sender, { db, origin }: { db: Db; origin: string }): Sender => ({
  gateway: sender.gateway,
  async send(message) {
    const { tenantId = NOBODYS_TENANT, language } = message
    const { color, logo } =
      tenantId === NOBODYS_TENANT ? {} : await inTenant(db, tenantId, trx => readLooks(trx, language))
    const html = documentOf(message, origin, { color, logo: logo && `cid:${LOGO}` })
    return sender.send({ ...message, html, pictures: logo ? [{ cid: LOGO, ...logo }] : [] })
  },
})

interface MailLooks {
  color?: string | undefined
  /** Its picture, and the localization that has it. */
  logo?: { locale: string; type: string; content: Buffer } | undefined
}

/** The looks of the tenant's mails to readers of a language. */
export async function readLooks(trx: Trx, language: string): Promise<MailLooks> {
  const { settings, images } = looksFor(await askOne(trx, localizationsOf(trx.tenantId)), [language])
  const locale = images.bannerLogo
  const kept = locale === undefined ? undefined : await findImage(trx, locale, 'bannerLogo')
  return {
    color: settings.backgroundColor ?? undefined,
    logo: kept && { locale: locale!, type: kept.type, content: kept.image },
  }
}

/** A mail as an HTML document. `logo`: where its picture is. */
export const documentOf = (
  { language, subject = '', from, text, code }: Pick<Message, 'language' | 'subject' | 'from' | 'text' | 'code'>,
  origin: string,
  { color, logo }: { color?: string | undefined; logo: string | undefined },
): string => mailDocument({ language, subject, from, text, code, origin, color, logo })
