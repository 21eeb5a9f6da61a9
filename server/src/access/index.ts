export {
  type Action,
  actions,
  actionsOf,
  everyAction,
  everyActionOnPartners,
  everyPartnerAction,
  type Rule,
  userActions,
} from './actions.ts'
export type { Acr, Actor, Principal, SignedIn, Target } from './actor.ts'
export { actionOnRoles, authorize, byOwn, demand, demandAny, mayAny, mayByRole, SETTLING } from './authorize.ts'
export { isAdministrator, type PartnerRole, type Role, roles, templateIds } from './roles.ts'
