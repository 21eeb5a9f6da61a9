export { OF_PERSON, personalText, readPersonalData } from './personalData.ts'
