import { lowerAscii, narrow, withoutInvisible } from './signs.ts'

/**
 * A sign-in name, domain or id as it is looked up.
 * Names are ASCII, so "ı", "ſ" or the Kelvin sign stay what they are and match nobody.
 */
export const foldName = (typed: string) => lowerAscii(narrow(withoutInvisible(typed)).trim())
