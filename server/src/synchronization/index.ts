export { receiver } from './receive.ts'
