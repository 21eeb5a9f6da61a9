export type { Action } from './actions.ts'
export type { Acr, Actor, Principal, SignedIn, Target } from './actor.ts'
export { authorize, demand, demandAny } from './authorize.ts'
export { isAdministrator, type Role, roles } from './roles.ts'
