export { signupSeals } from './queries.ts'
