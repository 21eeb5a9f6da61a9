/** Where the page that sign-in leads back to hands its answer over: to the page that asked, in this or another window. */
export const ANSWERS = 'latchkey.signin'

/** Where a sign-in in the window itself keeps what it began with, and its answer, for the page that is loaded after it. */
export const BEGUN = 'latchkey.begun'
export const ANSWER = 'latchkey.answer'

/** How a sign-in goes. Its `state` begins with it, so that the page it leads back to knows whom to tell. */
export type Way = 'request' | 'popup' | 'window'
