import type { SealPurpose } from '../crypto/index.ts'
import type { Asking } from './entity.ts'

/** Seals what a link goes on with, for this caller alone. */
export const sealToken = (purpose: SealPurpose, content: unknown, { keys, tenantId, callerId }: Asking): string =>
  keys.seal({ purpose, tenantId, rowId: callerId }, JSON.stringify(content)).toString('base64url')

/** What `sealToken` sealed for this caller; undefined for any other text. */
export function openToken(purpose: SealPurpose, token: string, { keys, tenantId, callerId }: Asking): unknown {
  const bytes = Buffer.from(token, 'base64url')
  // Several texts may stand for the same bytes, and a token that was changed is none.
  if (bytes.toString('base64url') !== token) return undefined
  try {
    return JSON.parse(keys.open({ purpose, tenantId, rowId: callerId }, bytes))
  } catch {
    return undefined // altered, another's, or sealed with a secret that is gone: the list begins anew
  }
}
