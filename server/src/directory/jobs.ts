export { oldOpenings } from './opened.ts'
