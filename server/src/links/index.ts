export { claimLink, getLink, issueLink } from './links.ts'
