export { type Dns, openDns } from './dns.ts'
