import { readDemoConfig } from './config.ts'

process.env.NODE_ENV ??= 'production'
const { run } = await import('./main.ts')
const demo = await import('./demo/index.ts')
await run(await readDemoConfig(process.env), {
  before: async () => {},
  senders: around => demo.outboxSenders(around.db, around),
  seed: around =>
    demo.seedDemonstration(around.db, { now: around.clock(), random: around.random, keys: around.keys }, around.hasher),
  greet: origin => console.log(origin),
})
