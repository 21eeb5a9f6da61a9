import { print } from './command.ts'

/** Prints the description of `/v1.0` (OpenAPI 3.1), for the origin of this deployment. It takes no database. */
export async function printDescription(): Promise<void> {
  const { describeResources } = await import('../resources.ts')
  print(JSON.stringify(describeResources(process.env.LATCHKEY_ORIGIN ?? 'http://localhost:8080'), null, 2))
}
