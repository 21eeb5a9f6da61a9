export { claimLink, getLink, issueLink } from './links.ts'
export { findRescueReaders, issueRescueLink } from './rescueLinks.ts'
export { findLinkHolder, holdClaim, issueTakeoverLink, TAKEOVER_HELD } from './takeoverLinks.ts'
