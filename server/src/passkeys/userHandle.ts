/** The owner of a passkey, as its authenticator keeps it: tenant and user, so that it signs in without a name. */
export interface Owner {
  tenantId: string
  userId: string
}

/** The user handle (WebAuthn, §5.4.3): the two ids, 32 bytes that tell nobody a name. */
export const userHandleOf = ({ tenantId, userId }: Owner): string =>
  Buffer.from(`${tenantId}${userId}`.replaceAll('-', ''), 'hex').toString('base64url')

/** Reads a user handle; undefined where it is none of ours. */
export function readUserHandle(handle: string | undefined): Owner | undefined {
  const bytes = Buffer.from(handle ?? '', 'base64url')
  if (bytes.length !== 32) return undefined
  return { tenantId: uuidOf(bytes.subarray(0, 16)), userId: uuidOf(bytes.subarray(16)) }
}

/** 16 bytes as a UUID. */
export const uuidOf = (bytes: Uint8Array): string =>
  Buffer.from(bytes)
    .toString('hex')
    .replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5')
