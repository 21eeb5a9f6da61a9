export { findOnboardingLink, openOnboardingLink } from './links.ts'
export { ONBOARDING_HELD } from './onboarding.ts'
export { isHeldHere } from './queries.ts'
