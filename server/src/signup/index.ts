export { bindInvitation, findInvitation, invitationSeals } from './invitations.ts'
export { signupSeals } from './queries.ts'
