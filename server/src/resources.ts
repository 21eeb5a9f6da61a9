import type { Api } from './api/index.ts'
import { directoryApi } from './directory/api.ts'
import { methodsApi } from './methods/api.ts'

/** Declares every resource of `/v1.0`. */
export function declareResources(api: Api) {
  directoryApi(api)
  methodsApi(api)
}
