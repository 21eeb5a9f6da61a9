import { type CommandGroup, modules, print, tenantOf, type Values, withAct } from './command.ts'

export async function rollKey(_values: Values, domain: string) {
  const on = await modules('directory', 'oidc')
  await withAct(async (db, act) => on.oidc.rollSigningKey(db, act, await tenantOf(on, db, domain)))
  print('The next key is published. It signs from tomorrow on; the present one stays published for another day.')
}

export const keyCommands: CommandGroup = {
  about: 'the keys that sign a tenant’s tokens',
  commands: {
    roll: {
      usage: 'DOMAIN',
      about: 'replace the key that signs a tenant’s tokens; it is replaced every ninety days without this',
      takes: ['DOMAIN'],
      run: rollKey,
    },
  },
}
