export { bodyJudge, parseBody } from './body.ts'
export {
  answerCount,
  answerDelta,
  answerList,
  askingOf,
  listAnswer,
  pageOf,
  readRow,
  rowAnswer,
} from './collections.ts'
export { noteRefusal, openApi, type Programs, readBytes } from './door.ts'
export { detailsOf, envelope, type RequestIds, refuse, statusOf } from './errors.ts'
export { type Description, describeApi, LIST_OPTIONS } from './openapi.ts'
export { checkIsOwn, inOwn } from './own.ts'
export type { Permissions } from './permissions.ts'
export { refusalsOf } from './refused.ts'
export { oldRequests } from './repeats.ts'
export type { Api, ApiAnswer, Call, Resource } from './resource.ts'
export { createRouter } from './router.ts'
export { CREDENTIALS, countCredential, countMinute } from './throttle.ts'
export { createWriteReader } from './writes.ts'
