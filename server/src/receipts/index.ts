export { BOUNCE_AT_MOST } from './bounce.ts'
export { listenToGateways } from './listen.ts'
export { readBounces, tryMailbox } from './mailbox.ts'
export { takeBounce } from './takeBounce.ts'
