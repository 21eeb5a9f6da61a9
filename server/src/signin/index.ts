export { type SignInOutcome, type SignInRequest, signIn } from './signin.ts'
