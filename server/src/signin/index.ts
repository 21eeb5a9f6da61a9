export { signInSeals } from './queries.ts'
export { beginSignIn, finishSignIn, nameSignIn, type OpenedSignIn, openSignIn, type SignIn } from './signIns.ts'
export { signIn } from './signin.ts'
export { signOut } from './signOut.ts'
