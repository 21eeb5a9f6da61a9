export { signIn } from './signin.ts'
