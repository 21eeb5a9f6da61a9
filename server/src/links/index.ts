export { issueLink } from './links.ts'
