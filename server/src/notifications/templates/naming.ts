import type { Activity, BrowserName, Places } from '../../audit/index.ts'
import type { MethodKind } from '../../policies/index.ts'
import type { EnglishWords, Locale } from '../../words/index.ts'

/** A kind of method in words; nothing where there is none. */
export const kindName = ({ t }: Locale, kind: string | undefined) =>
  kind ? t(`methods.kind.${kind as MethodKind}`) : ''

/** The browser in words: "Firefox on Windows". */
export const nameBrowser = ({ t }: Locale, { name, system }: BrowserName) =>
  system ? t('account.browser.on', { name, system }) : name

/** The probable place of an address, in words: "London, United Kingdom". Undefined where it is not known. */
export function namePlace(
  { t, language, country: nameCountry }: Locale,
  places: Places | undefined,
  address: string | null | undefined,
): string | undefined {
  const found = places?.find(address, language)
  const country = found?.country && nameCountry(found.country)
  return found?.city && country ? t('account.place', { city: found.city, country }) : (found?.city ?? country)
}

/** An address, and its place where it is known: "81.2.69.160 · London, United Kingdom". */
export const nameAddress = (locale: Locale, places: Places | undefined, address: string) =>
  [address, namePlace(locale, places, address)].filter(Boolean).join(' · ')

/** The words of an activity that people see. */
export const activityName = ({ t }: Locale, activity: Activity) =>
  t(`account.event.${activity.replace('.', '_') as keyof EnglishWords['account']['event']}`)
