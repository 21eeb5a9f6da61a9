export { oldAccountCheckLinks } from './mailedCheck.ts'
