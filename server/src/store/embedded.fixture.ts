import { startEmbedded } from './embedded.ts'

// A program for tests to start and kill: serves the folder until its standard input ends or SIGTERM comes.
const server = await startEmbedded(process.argv[2]!, ['fsync=off'])
const leave = async () => {
  await server.stop()
  process.exit(0)
}
process.once('SIGTERM', leave)
process.stdin.once('end', leave).resume()
process.stdout.write(`${JSON.stringify({ url: server.url, first: server.first })}\n`)
