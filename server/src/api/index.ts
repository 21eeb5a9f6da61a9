export { openApi } from './door.ts'
export { oldRequests } from './repeats.ts'
export type { Api, Call } from './resource.ts'
