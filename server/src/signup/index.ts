export { bindInvitation, findInvitation, invitationSeals } from './invitations.ts'
export { displayNameOf } from './make.ts'
export { readPersonName } from './names.ts'
export { signupSeals } from './queries.ts'
export {
  bindSignupInvitation,
  findSignupInvitation,
  inviteSignup,
  revokeSignupInvitation,
  signupInvitationSeals,
} from './signupInvitations.ts'
