import { NOBODYS_TENANT } from '../directory/index.ts'
import type { Message, Sender } from '../notifications/index.ts'
import { findImage, localizationsOf, looksFor } from '../organization/index.ts'
import { mailDocument } from '../pages/index.ts'
import { askOne, type Db, inTenant } from '../store/index.ts'

const LOGO = 'logo'

/** Sends each mail as text and as HTML in the looks of its tenant, or in Latchkey's own where it belongs to nobody. */
export const inLooks = (sender: Sender, { db, origin }: { db: Db; origin: string }): Sender => ({
  gateway: sender.gateway,
  async send(message) {
    const { color, logo } = await looksOf(db, message)
    const html = mailDocument({
      ...{ language: message.language, subject: message.subject ?? '', from: message.from, text: message.text },
      ...{ code: message.code, origin, color, logo: logo && LOGO },
    })
    return sender.send({ ...message, html, pictures: logo ? [{ cid: LOGO, ...logo }] : [] })
  },
})

interface MailLooks {
  color?: string | undefined
  logo?: { type: string; content: Buffer } | undefined
}

async function looksOf(db: Db, { tenantId = NOBODYS_TENANT, language }: Message): Promise<MailLooks> {
  if (tenantId === NOBODYS_TENANT) return {}
  return inTenant(db, tenantId, async trx => {
    const { settings, images } = looksFor(await askOne(trx, localizationsOf(tenantId)), [language])
    const kept = images.bannerLogo === undefined ? undefined : await findImage(trx, images.bannerLogo, 'bannerLogo')
    return {
      color: settings.backgroundColor ?? undefined,
      logo: kept && { type: kept.type, content: kept.image },
    }
  })
}
