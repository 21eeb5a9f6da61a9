export { bindInvitation, findInvitation, invitationSeals } from './invitations.ts'
export { displayNameOf } from './make.ts'
export { readPersonName } from './names.ts'
export { signupSeals } from './queries.ts'
