import { type NoticeKind, PLACEHOLDER, type Wording } from '../notifications/index.ts'
import { refuseProgram } from './errors.ts'

/** Characters of a subject, and of a text. */
export const SUBJECT_LENGTH = 150
export const TEXT_LENGTH = 1_000

/** What a company typed, as it is kept: one kind of line end, no blanks around it, and nothing where nothing was typed. */
export function tidied({ subject, opening, closing }: Wording): Wording {
  const tidy = (text: string | null) =>
    text === null
      ? null
      : text
          .normalize('NFC')
          .replace(/\r\n?/g, '\n')
          .replace(/\n{3,}/g, '\n\n')
          .trim() || null
  return { subject: tidy(subject), opening: tidy(opening), closing: tidy(closing) }
}

/**
 * Refuses words that a notice cannot have: with a link to elsewhere, signs that nobody sees, or placeholders that this
 * kind does not fill. `hosts`: whose addresses may stand in it. Throws codes of `refuseProgram`, with the field.
 */
export function checkWording(kind: NoticeKind, wording: Wording, hosts: readonly string[]): void {
  const filled: readonly string[] = ['organization', ...(kind.fills ?? [])]
  for (const [field, text] of Object.entries(wording) as [keyof Wording, string | null][]) {
    if (text === null) continue
    if (kind.words === 'closing' && field !== 'closing') throw refuseProgram('wording_fixed', { field })
    const longest = field === 'subject' ? SUBJECT_LENGTH : TEXT_LENGTH
    if ([...text].length > longest || HIDDEN.test(text) || (field === 'subject' && text.includes('\n')))
      throw refuseProgram('property_invalid', { field })
    const rest = text.replace(PLACEHOLDER, (written, name: string) => (filled.includes(name) ? '' : written))
    if (/[{}]/.test(rest)) throw refuseProgram('placeholder_unknown', { field })
    if (leadsElsewhere(text, hosts)) throw refuseProgram('foreign_address', { field })
  }
  const { opening } = wording
  const missing = opening !== null && kind.needs?.some(name => !opening.includes(`{${name}}`))
  if (missing) throw refuseProgram('placeholder_missing', { field: 'opening' })
}

/** Control and format signs besides line ends and the joiners of emoji and scripts: they hide or turn what is read. */
const HIDDEN = /[^\P{C}\n\u200c\u200d]|[\p{Zl}\p{Zp}]/u

/** A name of two labels or more, as mail programs make links of without being asked. */
const NAMES = /[\p{L}\p{M}\p{N}_-]+(?:\.[\p{L}\p{M}\p{N}_-]+)+/gu

/** What follows a scheme, as far as the path. */
const AUTHORITIES = /:\/\/([^\s/?#]*)/gu

/** Between a name in Latin letters and the Japanese or Chinese word that touches it. */
const SEAM =
  /(?<=[a-z0-9])(?=[\p{scx=Han}\p{scx=Hiragana}\p{scx=Katakana}])|(?<=[\p{scx=Han}\p{scx=Hiragana}\p{scx=Katakana}])(?=[a-z0-9])/iu

/** Whether a text has an address that mail programs would make a link of, other than at or below these hosts. */
function leadsElsewhere(text: string, hosts: readonly string[]): boolean {
  // Some programs take the Japanese full stop between Latin letters for a dot of a name (RFC 3490, §3.1).
  const read = text.normalize('NFKC').replace(/(?<=[a-z0-9])。(?=[a-z0-9])/gi, '.')
  const isOwn = (host: string) => hosts.some(own => host === own || host.endsWith(`.${own}`))
  const authorities = [...read.matchAll(AUTHORITIES)].map(([, authority = '']) =>
    authority
      .replace(/\p{P}+$/u, '')
      .replace(/^.*@/, '')
      .replace(/:\d*$/, '')
      .toLowerCase(),
  )
  if (!authorities.every(isOwn)) return true
  const names = [...read.matchAll(NAMES)].flatMap(([name]) => name.toLowerCase().split(SEAM))
  return names.some(name => isLinked(name) && !isOwn(name))
}

/** Whether the last label is as long as a top-level domain, or it is an IPv4 address. */
const isLinked = (name: string) =>
  /\.[\p{L}\p{M}\p{N}-]*\p{L}[\p{L}\p{M}\p{N}-]+$/u.test(name) || /^\d+(\.\d+){3}$/.test(name)
