export { oldEnrollments } from './enrollments.ts'
export { oldStageEvents } from './stages.ts'
