export { importPeople } from './importing.ts'
export { bulkSeals } from './seals.ts'
