/** The texts that pages show, with the most characters of each, in the order of the form (self-service password reset, §10.2). */
export const texts = {
  signInPageText: 1024,
  usernameHintText: 64,
  customForgotMyPasswordText: 256,
  customTermsOfUseText: 256,
  customTermsOfUseUrl: 128,
  customPrivacyAndCookiesText: 256,
  customPrivacyAndCookiesUrl: 128,
} as const
export type TextName = keyof typeof texts
export const textNames = Object.keys(texts) as TextName[]

/** Colour and texts as the form holds them: empty for what the looks leave out. */
export type Look = Record<TextName | 'backgroundColor', string>
export type LookName = keyof Look
export const lookNames: readonly LookName[] = ['backgroundColor', ...textNames]

/** Looks as the server has them; of nothing at all: every field empty. */
export const lookOf = (read: Partial<Record<string, unknown>> | null): Look =>
  Object.fromEntries(lookNames.map(name => [name, String(read?.[name] ?? '')])) as Look

/** A body of these fields: what is empty says that there is nothing. */
export const bodyOf = (look: Partial<Look>): Partial<Record<LookName, string | null>> =>
  Object.fromEntries(
    Object.entries(look).map(([name, value]) => [
      name,
      (name === 'backgroundColor' ? colorOf(value) : value.trim()) || null,
    ]),
  )

/** A colour as people write it: without its sign, in either length. */
function colorOf(typed: string): string {
  const digits = typed.normalize('NFKC').trim().replace(/^#/, '').toLowerCase()
  if (digits === '') return ''
  return `#${/^[0-9a-f]{3}$/.test(digits) ? digits.replace(/./g, '$&$&') : digits}`
}

/** A colour that the browser's own picker takes. */
export const pickable = (typed: string, otherwise: string): string => {
  const color = colorOf(typed)
  return /^#[0-9a-f]{6}$/.test(color) ? color : otherwise
}

/** The pictures that pages show, with the most bytes and pixels of each (self-service password reset, §10.2). */
export const pictures = {
  bannerLogo: { bytes: 50 * 1024, width: 245, height: 36 },
  favicon: { bytes: 5 * 1024, width: 32, height: 32 },
} as const
export type PictureKind = keyof typeof pictures
export const pictureKinds = Object.keys(pictures) as PictureKind[]
