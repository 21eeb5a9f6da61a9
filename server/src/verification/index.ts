export { deskEntity, type ListedCase, readCase } from './desk.ts'
export { documentSeals } from './documents.ts'
export { findMailboxLink, openMailboxLink } from './mailbox.ts'
