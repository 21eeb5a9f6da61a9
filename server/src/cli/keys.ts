import { modules, print, tenantOf, type Values, withAct } from './command.ts'

export async function rollKey(_values: Values, domain: string) {
  const on = await modules('directory', 'oidc')
  await withAct(async (db, act) => on.oidc.rollSigningKey(db, act, await tenantOf(on, db, domain)))
  print('The next key is published. It signs from tomorrow on; the present one stays published for another day.')
}
