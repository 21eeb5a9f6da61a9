import type { EnglishWords, Translate } from '../words/index.ts'
import type { Scope } from './scopes.ts'

/** Title and detail of a scope, for the page that asks for consent. */
export function describeScope(
  t: Translate,
  { name, words }: Pick<Scope, 'name' | 'words'>,
): { title: string; detail: string } {
  if (words) return words
  // A dot would cut the key.
  const key = name.replaceAll('.', '_') as keyof EnglishWords['scopes']
  return { title: t(`scopes.${key}.title`), detail: t(`scopes.${key}.detail`) }
}
