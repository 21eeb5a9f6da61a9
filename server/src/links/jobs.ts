export { expiredLinks } from './links.ts'
