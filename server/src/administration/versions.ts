import { listsEtag } from '../odata/index.ts'
import { refuse } from './errors.ts'

/** Throws `resource_modified` where the caller has read another version than this one. */
export function checkVersion(version: string | number, ifMatch: string | undefined): void {
  if (ifMatch !== undefined && !listsEtag(ifMatch, String(version))) throw refuse('resource_modified')
}
