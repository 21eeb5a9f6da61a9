import { plainDigits } from '../typing/index.ts'
import { refuse } from './errors.ts'
import { listed } from './lists.ts'

const legalForms = listed('./legal-forms.txt')
const reserved = listed('./reserved-labels.txt')

const graphemes = new Intl.Segmenter('en', { granularity: 'grapheme' })
const SHORTEST = 2
const LONGEST = 256

/** What would break out of its line in a mail's subject, or change its direction. */
const UNPRINTABLE = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u

/** Ends that belong to an address rather than to a name. */
const GENERIC_END =
  /\.(?:com|net|org|info|biz|shop|store|online|site|website|web|app|dev|io|ai|tech|cloud|agency|blog|club|live|pro|name|xyz|top|vip|work|global|group|company|email|page|link|art|design|media|digital|services|solutions)$/i
const THRICE = /(\p{L})\1\1/iu
const APART = /(?:^|\s)\p{L}(?:\s+\p{L}){2,}(?:\s|$)/u

/**
 * The name of an organization (work accounts on the wire, §4). `sure`: a doubtful one is meant.
 * Throws `name_invalid`, `name_is_address`, `name_doubtful`.
 */
export function readOrganizationName(typed: string, sure: boolean): string {
  const name = typed.normalize('NFC').trim()
  const field = 'displayName'
  const length = [...graphemes.segment(name)].length
  if (length < SHORTEST || name.length > LONGEST || UNPRINTABLE.test(name) || !/[\p{L}\p{N}]/u.test(name))
    throw refuse('name_invalid', { field })
  if (legalForms().has(foldForm(name))) throw refuse('name_invalid', { field })
  const digits = plainDigits(name.normalize('NFKC')).replace(/[^0-9]/g, '')
  if (/:\/\/|www\.|@/i.test(name.normalize('NFKC')) || digits.length >= 7) throw refuse('name_is_address', { field })
  if (!sure && (GENERIC_END.test(name) || THRICE.test(withoutForms(name)) || APART.test(name)))
    throw refuse('name_doubtful', { field })
  return name
}

/** A person's given name or surname, which travels in mails too. Throws `name_invalid`, `name_is_address`. */
export function readPersonName(typed: string, field: 'givenName' | 'surname'): string {
  const name = typed.normalize('NFC').trim()
  if (name.length > 64 || UNPRINTABLE.test(name) || !/\p{L}/u.test(name)) throw refuse('name_invalid', { field })
  if (/:\/\/|www\.|@/i.test(name.normalize('NFKC')) || /\p{N}{3}/u.test(name))
    throw refuse('name_is_address', { field })
  return name
}

const foldForm = (name: string) => name.toLowerCase().replace(/[\s.,&+\p{Dash}・]/gu, '')

/** Some forms are a letter thrice, as ООО. */
const withoutForms = (name: string) =>
  name
    .split(/\s+/)
    .filter(word => !legalForms().has(foldForm(word)))
    .join(' ')

const LABEL = /^[a-z][a-z0-9]*(?:-[a-z0-9]+)*$/
const LABEL_SHORTEST = 3
const LABEL_LONGEST = 27
/** What a user principal name has room for after its @. */
const DOMAIN_LONGEST = 48

/** A label of the initial domain, capitals folded, or why it cannot be one. */
export function readLabel(typed: string, suffix: string): string | { code: 'label_invalid' | 'label_reserved' } {
  const label = typed.trim().replace(/[A-Z]/g, letter => letter.toLowerCase())
  if (!fitsLabel(label, suffix)) return { code: 'label_invalid' }
  return isReserved(label) ? { code: 'label_reserved' } : label
}

const fitsLabel = (label: string, suffix: string) =>
  LABEL.test(label) &&
  label.length >= LABEL_SHORTEST &&
  label.length <= LABEL_LONGEST &&
  label.length + 1 + suffix.length <= DOMAIN_LONGEST

const isReserved = (label: string) => reserved().has(label.replaceAll('-', '').replace(/^[0-9]+|[0-9]+$/g, ''))

/** Labels that fit an organization, best first, none reserved. Who has which is not judged. */
export function labelsFor(displayName: string, domain: string, suffix: string): string[] {
  const longest = Math.min(LABEL_LONGEST, DOMAIN_LONGEST - 1 - suffix.length)
  const words = displayName
    .normalize('NFKD')
    .replace(/\p{M}/gu, '')
    .toLowerCase()
    .split(/[^a-z0-9]+/)
    .filter(word => word !== '')
  const meant = words.filter(word => !legalForms().has(word))
  const [first = ''] = domain.split('.')
  const stems = [
    first.startsWith('xn--') ? '' : first,
    ...[meant, words].flatMap(some => [some.join('-'), some.join('')]),
    meant[0] ?? '',
  ]
  const country = domain.split('.').at(-1)!
  const ends = ['', '-group', '-hq', ...(country.length === 2 ? [`-${country}`] : []), '-work', '-team']
  const all = ends.flatMap(end =>
    stems.map(
      stem =>
        `${stem
          .replace(/^[^a-z]+/, '')
          .slice(0, longest - end.length)
          .replace(/-+$/, '')}${end}`,
    ),
  )
  return [...new Set(all)].filter(label => fitsLabel(label, suffix) && !isReserved(label))
}
