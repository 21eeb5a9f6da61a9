export { deletedApplications } from './deleted.ts'
