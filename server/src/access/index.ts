export { type Action, actions, actionsOf, everyAction, type Rule, userActions } from './actions.ts'
export type { Acr, Actor, Principal, SignedIn, Target } from './actor.ts'
export { authorize, demand, demandAny, mayAny } from './authorize.ts'
export { isAdministrator, type Role, roles, templateIds } from './roles.ts'
