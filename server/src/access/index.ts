export type { Action } from './actions.ts'
export type { Actor, SignedIn, Target } from './actor.ts'
export { authorize, demand } from './authorize.ts'
export { isAdministrator, type Role, roles } from './roles.ts'
