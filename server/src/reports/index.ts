export { directoryAuditsOf } from './directoryAudits.ts'
export { eventsOf } from './logs.ts'
export { registrationDetails } from './registrationDetails.ts'
export { refreshRegistrations } from './registrations.ts'
