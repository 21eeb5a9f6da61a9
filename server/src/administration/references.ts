import { findPerson } from '../directory/index.ts'
import type { Trx } from '../store/index.ts'
import { refuse, refuseMissing } from './errors.ts'

/**
 * The id that a reference names, such as `https://graph.microsoft.com/v1.0/directoryObjects/{id}`. Programs written for
 * Graph write its host; ours means the same. Throws `property_invalid`, and `not_found` for an unknown user's name.
 */
export async function readReference(
  trx: Trx,
  { origin, field }: { origin: string; field: string },
  reference: string,
): Promise<string> {
  const url = URL.canParse(reference) ? new URL(reference) : undefined
  const isKnown = url && (url.origin === new URL(origin).origin || url.href.startsWith('https://graph.microsoft.com/'))
  const [, kind, key] =
    /^\/v1\.0\/(directoryObjects|users|groups|servicePrincipals)(?:\/|\(')([^/')]+)(?:'\))?\/?$/i.exec(
      url?.pathname ?? '',
    ) ?? []
  if (!isKnown || kind === undefined || key === undefined) throw refuse('property_invalid', { field })
  const name = decoded(key)
  if (name === undefined) throw refuse('property_invalid', { field })
  if (kind.toLowerCase() !== 'users') return name
  const person = await findPerson(trx, { tenantId: trx.tenantId }, name)
  if (!person) throw refuseMissing('not_found')
  return person.id
}

function decoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text)
  } catch {
    return undefined // a percent sign that stands for nothing
  }
}
