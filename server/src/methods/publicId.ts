import type { Means } from '../crypto/index.ts'

/** An id for a page or client: opaque, and another one for each journey or session, so that no two can be linked. */
export const publicId = ({ keys }: Means, holderId: string, id: string) =>
  keys.mac('public-id', holderId, id).subarray(0, 16).toString('base64url')
