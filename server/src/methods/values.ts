import type { Means } from '../crypto/index.ts'
import { formatNumber } from '../typing/index.ts'
import { methods } from './catalogue.ts'
import type { RecordedMethod } from './recorded.ts'

/** Opens the number, address or key of a method: to deliver or to judge, or for its owner. Null for questions. */
export const openValue = ({ keys }: Pick<Means, 'keys'>, { tenantId, id, sealed }: RecordedMethod): string | null =>
  sealed && keys.open({ purpose: 'method', tenantId, rowId: id }, sealed)

/** A method's number or address for people who should recognize it without learning it; undefined for keys and questions. */
export function hintOf(means: Pick<Means, 'keys'>, method: RecordedMethod): string | undefined {
  const { hint } = methods[method.kind]
  const value = hint && openValue(means, method)
  return hint && value ? hint(value) : undefined
}

/** A number or address as its owner sees it: whole. Undefined where there is nothing to see: an app's key is shown to nobody. */
export function ownValue(means: Pick<Means, 'keys'>, method: RecordedMethod): string | undefined {
  const value = methods[method.kind].hint && openValue(means, method)
  if (!value) return undefined
  return method.kind === 'email' ? value : formatNumber(value)
}
