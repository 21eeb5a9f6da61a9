import { lowerAscii, narrow, withoutInvisible } from './signs.ts'

/**
 * A sign-in name, domain or id as it is looked up.
 * Names are ASCII, so "ı", "ſ" or the Kelvin sign stay what they are and match nobody.
 */
export const foldName = (typed: string) => lowerAscii(narrow(withoutInvisible(typed)).trim())

/** A text of the directory as it is compared: a name, a town. What addresses and sign-in names are compared by is stricter. */
export const foldText = (text: string) => text.normalize('NFKC').toLowerCase()
