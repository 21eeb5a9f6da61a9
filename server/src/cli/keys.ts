import { type CommandGroup, flag, modules, show, tenantOf, type Values, withAct } from './command.ts'

async function rollKey({ json }: Values, domain: string) {
  const on = await modules('directory', 'oidc')
  await withAct(async (db, act) => on.oidc.rollSigningKey(db, act, await tenantOf(on, db, domain)))
  show(json, { domain }, () => [
    'The next key is published. It signs from tomorrow on; the present one stays published for another day.',
  ])
}

export const keyCommands: CommandGroup = {
  about: 'the keys that sign a tenant’s tokens',
  commands: {
    roll: {
      usage: 'DOMAIN [--json]',
      options: { json: flag },
      about: 'replace the key that signs a tenant’s tokens; it is replaced every ninety days without this',
      takes: ['DOMAIN'],
      run: rollKey,
    },
  },
  examples: [['A key that others may know', 'keys roll acme.example']],
}
