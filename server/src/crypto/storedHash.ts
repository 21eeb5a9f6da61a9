import type { Keyring, Place } from './keyring.ts'

/** A hash on record: sealed, or in the clear where an older version wrote it and no job has sealed it yet. */
export interface StoredHash {
  plain: string | null
  sealed: Buffer | null
}

/** Opens a hash on record; undefined where there is none, which takes as long. Throws where its secret is gone. */
export function openHash(keys: Keyring, place: Place, { plain, sealed }: StoredHash): string | undefined {
  if (sealed !== null) return keys.open(place, sealed)
  keys.seal(place, 'a hash that nobody has, as long as one of ours, so that sealing it is as much work as opening')
  return plain ?? undefined
}
