import type { ImageKind, Localization, Look, lookLengths, TriedPictures } from '../organization/index.ts'
import { productColor, readabilityOf } from '../pages/index.ts'

/** The pictures that pages show. */
export const pictures = ['bannerLogo', 'favicon'] as const satisfies readonly ImageKind[]
export type Picture = (typeof pictures)[number]

/** The texts that pages show, in the order of the form. */
export const textNames = [
  'signInPageText',
  'usernameHintText',
  'customForgotMyPasswordText',
  'customTermsOfUseText',
  'customTermsOfUseUrl',
  'customPrivacyAndCookiesText',
  'customPrivacyAndCookiesUrl',
] as const satisfies readonly (keyof typeof lookLengths)[]

/** A company's looks as those who keep them see them, for readers of one language. */
export interface Branding {
  tenantId: string
  displayName: string
  /** Every language that has looks of its own. */
  all: readonly Localization[]
  /** `0`: the looks for every other language. */
  locale: string
  /** What the form holds: what is saved, or what was tried just now. */
  look: Look
  /** Of what is saved; undefined where nothing is. */
  version: string | undefined
  /** The token of what was tried; `over`: its time has passed. */
  preview: string | undefined
  /** Pictures that were tried just now, by the ids under which they can be saved. */
  tried: TriedPictures
  over: boolean
  /** Null: none. Undefined: it is not the reader's to change. */
  helpdesk: string | null | undefined
  mayName: boolean
}

/** The looks as programs get them. */
export function brandingView(branding: Branding) {
  const { displayName, all, locale, look, version, helpdesk } = branding
  return {
    ...{ displayName, locale, locales: all.map(one => one.locale), version: version ?? null },
    backgroundColor: look.backgroundColor ?? null,
    ...Object.fromEntries(textNames.map(name => [name, look[name] ?? null])),
    pictures: Object.fromEntries(pictures.map(kind => [kind, pictureOf(branding, kind) ?? null])),
    readability: readabilityOf(look.backgroundColor ?? productColor),
    ...(helpdesk !== undefined && { helpdesk }),
  }
}

/** The address of a picture of this language's own. */
export function pictureOf({ tenantId, all, locale }: Branding, kind: Picture): string | undefined {
  const has = all.find(one => one.locale === locale)?.images.includes(kind)
  return has ? `/branding/${tenantId}/${kind}${locale === '0' ? '' : `?locale=${locale}`}` : undefined
}

/** The address of a picture that was tried. */
export const triedOf = ({ tenantId, preview }: Branding, kind: Picture): string =>
  `/branding/${tenantId}/${kind}?look=${preview}`

/** The pages that show looks before they are saved. */
export const previewsOf = (tenantId: string, token: string) => ({
  signIn: `/signin/preview/${tenantId}?look=${token}`,
  reset: `/reset/preview/${tenantId}?look=${token}`,
})
