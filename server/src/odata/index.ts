export { type Followed, readDelta, readDeltaOptions } from './delta.ts'
export {
  type Asking,
  type Entity,
  type Field,
  type IsChanged,
  type Operator,
  type Property,
  rowSchema,
  schemaOf,
  T,
  TIMES,
} from './entity.ts'
export { listsEtag } from './etag.ts'
export { countRows, type Page, readOne, readPage, type WireRow } from './list.ts'
export { type Options, readOptions, readSelection } from './options.ts'
export { hasWords } from './search.ts'
