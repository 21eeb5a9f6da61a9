export { type Action, actions, actionsOf, everyAction, everyPartnerAction, type Rule, userActions } from './actions.ts'
export type { Acr, Actor, Principal, SignedIn, Target } from './actor.ts'
export { authorize, byOwn, demand, demandAny, mayAny, mayByRole } from './authorize.ts'
export { isAdministrator, type PartnerRole, type Role, roles, templateIds } from './roles.ts'
