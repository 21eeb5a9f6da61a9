export { openApi } from './door.ts'
export { describeApi } from './openapi.ts'
export { oldRequests } from './repeats.ts'
export type { Api, Call, Resource } from './resource.ts'
