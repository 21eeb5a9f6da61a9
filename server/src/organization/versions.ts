import { listsEtag } from '../odata/index.ts'
import { refuseProgram } from './errors.ts'

/** Throws `resource_modified` where the caller has read another version than this one. */
export function checkVersion(version: string, ifMatch: string | undefined): void {
  if (ifMatch !== undefined && !listsEtag(ifMatch, version)) throw refuseProgram('resource_modified')
}
