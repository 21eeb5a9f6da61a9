import { HOUR } from '../clock.ts'

/** How long a sign-in to an application lasts from its beginning. */
export const SIGN_IN_LASTS = HOUR
