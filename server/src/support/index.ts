export { ContactsFileError, readContacts } from './file.ts'
export { hasContacts, importContacts } from './queries.ts'
