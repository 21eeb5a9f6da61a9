import { readFile } from 'node:fs/promises'
import {
  CommandError,
  type CommandGroup,
  flag,
  modules,
  show,
  tenantOf,
  text,
  UsageError,
  type Values,
  withAct,
} from './command.ts'

async function importFile({ json, tenant }: Values, file: string) {
  const on = await modules('directory', 'store', 'support')
  const content = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    throw new UsageError(`${file} cannot be read (${error.code}).`)
  })
  const contacts = (() => {
    try {
      return on.support.readContacts(content)
    } catch (error) {
      if (!(error instanceof on.support.ContactsFileError)) throw error
      throw new CommandError(`${file} was not imported, and nothing was changed.\n${error.message}`)
    }
  })()
  await withAct(async (db, act) => {
    const tenantId = typeof tenant === 'string' ? await tenantOf(on, db, tenant) : on.directory.NOBODYS_TENANT
    await on.store.inTenant(db, tenantId, trx => on.support.importContacts(trx, act, contacts))
  })
  show(json, { imported: contacts.length }, () => [`Imported: ${contacts.length}. What was there before is replaced.`])
}

export const supportCommands: CommandGroup = {
  about: 'whom people call or write to for help',
  commands: {
    import: {
      usage: 'FILE [--tenant DOMAIN] [--json]',
      about: 'replace the contacts of everybody, or of one tenant, by those of a JSON file; all or nothing',
      options: { tenant: text, json: flag },
      takes: ['FILE'],
      run: importFile,
    },
  },
  examples: [['Import the contacts of everybody', 'support-contacts import contacts.json']],
}
