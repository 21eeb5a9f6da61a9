import { refusals } from '../refusals.ts'

export const refuse = refusals({ not_found: 404 })
