export { type Acting, actorOf, askAlong, askBoth, enterCustomer, findActing } from './acting.ts'
export {
  findAuthority,
  type Given,
  givenTo,
  judgeAuthority,
  type Standing,
  standingOf,
} from './authority.ts'
export { customerEntity } from './customers.ts'
export { refuse as refuseRelationship } from './errors.ts'
export { nextLook } from './grants.ts'
export { checkReseller } from './invitations.ts'
export { deleteUnread, lockForApproval, lockOffer, makeOffer } from './offers.ts'
export {
  agreementSeals,
  beginAgreement,
  isServedBy,
  type RescueAct,
  type RescueTerms,
  readAgreement,
  rescueActs,
} from './rescueAgreement.ts'
export { idOf as relationshipId } from './rows.ts'
export { noteServed } from './served.ts'
export { keepBoth, nameOf as companyName } from './sides.ts'
