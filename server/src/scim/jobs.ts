export { expiredTokens } from './tokens.ts'
