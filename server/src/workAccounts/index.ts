export { checkAccount } from './check.ts'
export { accountCheckSeals, answerMailedCheck, findMailedCheck } from './mailedCheck.ts'
