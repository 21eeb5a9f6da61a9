export { bulkSeals } from './seals.ts'
