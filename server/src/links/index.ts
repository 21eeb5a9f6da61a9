export { HELD as LINK_HELD } from './lastingLinks.ts'
export { claimLink, getLink, issueLink } from './links.ts'
export { findRescueReaders, issueRescueLink } from './rescueLinks.ts'
export { findLinkHolder, holdClaim, issueTakeoverLink } from './takeoverLinks.ts'
