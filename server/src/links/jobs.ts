export { expiredLinks } from './links.ts'
export { oldRescueLinks } from './rescueLinks.ts'
export { oldTakeoverLinks } from './takeoverLinks.ts'
