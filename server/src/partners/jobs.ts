export { oldEnrollments } from './enrollments.ts'
