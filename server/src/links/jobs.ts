export { expiredLinks } from './links.ts'
export { oldTakeoverLinks } from './takeoverLinks.ts'
