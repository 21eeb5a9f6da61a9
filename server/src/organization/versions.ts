import { listsEtag } from '../odata/index.ts'
import { refuseProgram } from './errors.ts'

/** Throws `resource_modified` where the caller has read another version than this one. */
export function checkVersion(version: string, ifMatch: string | undefined): void {
  if (ifMatch !== undefined && !listsEtag(ifMatch, version)) throw refuseProgram('resource_modified')
}

/** What an event tells of changed properties: old and new value of each, as JSON. Undefined: not changed. */
export function changesOf<T extends object>(before: NoInfer<Partial<T>>, after: T): { changes: string } {
  const changed = Object.entries(after).flatMap(([name, value]) =>
    value === undefined ? [] : [[name, [before[name as keyof T] ?? null, value]]],
  )
  return { changes: JSON.stringify(Object.fromEntries(changed)) }
}
