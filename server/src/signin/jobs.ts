export { expiredSignIns } from './queries.ts'
