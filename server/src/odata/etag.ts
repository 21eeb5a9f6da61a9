import type { RawBuilder } from 'kysely'
import { sql } from '../store/index.ts'

/** For SQL: the ETag of a row's version. Weak, since what is answered also depends on the reader and on `$select`. */
export const etagOf = (version: RawBuilder<unknown>): RawBuilder<unknown> => sql`'W/"' || ${version} || '"'`

const LISTED = / *(?:W\/)?"([^"]*)" *(?:,|$)/y

/** Whether a header such as `If-Match` lists the ETag of this version, or is `*`. A header of another form lists none. */
export function listsEtag(header: string, version: string): boolean {
  if (header.trim() === '*') return true
  let listed = false
  for (let at = 0; at < header.length; at = LISTED.lastIndex) {
    LISTED.lastIndex = at
    const found = LISTED.exec(header)
    if (!found) return false
    listed ||= found[1] === version
  }
  return listed
}
