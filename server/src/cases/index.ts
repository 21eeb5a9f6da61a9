export { CASE_HELD, findCaseLink, openCaseLink } from './links.ts'
export { caseSeals } from './queries.ts'
