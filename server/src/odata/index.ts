export { type Followed, readDelta, readDeltaOptions } from './delta.ts'
export {
  type Asking,
  type Entity,
  type Operator,
  rowSchema,
  schemaOf,
  T,
  TIMES,
} from './entity.ts'
export { listsEtag } from './etag.ts'
export { countRows, readOne, readPage } from './list.ts'
export { readOptions, readSelection } from './options.ts'
