import type { Language } from '../words/index.ts'

/** The words of a registrar's form, for the fields of a record. */
interface Labels {
  type: string
  host: string
  value: string
  ttl: string
}

/** A registrar, or who else keeps a zone, with its own form for records. */
interface Registrar {
  name: string
  /** The names of its servers. */
  servers: RegExp
  labels: Labels & Partial<Record<Language, Labels>>
  /** What its form takes for the zone itself; `@` where it is left out. */
  apex?: ''
  /** Whether its form wants the value in quotes, which it does not keep. */
  quotes?: true
}

const ENGLISH: Labels = { type: 'Type', host: 'Name', value: 'Value', ttl: 'TTL' }

/** The ten of the contract, by id (work accounts on the wire, §1.4). Each label is what its form says. */
const registrars = {
  cloudflare: {
    name: 'Cloudflare',
    servers: /\.ns\.cloudflare\.com$/,
    labels: {
      ...{ ...ENGLISH, value: 'Content', fr: { type: 'Type', host: 'Nom', value: 'Contenu', ttl: 'TTL' } },
      ja: { type: 'タイプ', host: '名前', value: 'コンテンツ', ttl: 'TTL' },
    },
  },
  gandi: {
    name: 'Gandi',
    servers: /\.gandi(-ns)?\.net$|\.gandi\.net$/,
    labels: { ...ENGLISH, value: 'Text value', fr: { type: 'Type', host: 'Nom', value: 'Valeur texte', ttl: 'TTL' } },
  },
  godaddy: {
    name: 'GoDaddy',
    servers: /\.domaincontrol\.com$/,
    labels: { ...ENGLISH, fr: { type: 'Type', host: 'Nom', value: 'Valeur', ttl: 'TTL' } },
  },
  hostinger: {
    name: 'Hostinger',
    servers: /\.(dns-parking|hostinger)\.com$/,
    labels: { ...ENGLISH, value: 'TXT value', fr: { type: 'Type', host: 'Nom', value: 'Valeur TXT', ttl: 'TTL' } },
  },
  ionos: {
    name: 'IONOS',
    servers: /\.(ui-dns|1and1)\.[a-z.]+$/,
    labels: { ...ENGLISH, host: 'Host name', fr: { type: 'Type', host: 'Nom d’hôte', value: 'Valeur', ttl: 'TTL' } },
  },
  namecheap: {
    name: 'Namecheap',
    servers: /\.(registrar-servers|namecheaphosting)\.com$/,
    labels: { ...ENGLISH, host: 'Host' },
  },
  onamae: {
    name: 'お名前.com',
    servers: /\.(dnsv\.jp|onamae\.com)$/,
    apex: '',
    labels: { type: 'TYPE', host: 'ホスト名', value: 'VALUE', ttl: 'TTL' },
  },
  ovh: {
    name: 'OVHcloud',
    servers: /\.(ovh\.(net|ca)|anycast\.me)$/,
    apex: '',
    labels: {
      ...ENGLISH,
      host: 'Sub-domain',
      fr: { type: 'Type', host: 'Sous-domaine', value: 'Valeur', ttl: 'TTL' },
    },
  },
  route53: {
    name: 'Amazon Route 53',
    servers: /\.awsdns-\d+\.[a-z.]+$/,
    apex: '',
    quotes: true,
    labels: {
      ...{ type: 'Record type', host: 'Record name', value: 'Value', ttl: 'TTL (seconds)' },
      fr: { type: 'Type d’enregistrement', host: 'Nom de l’enregistrement', value: 'Valeur', ttl: 'TTL (secondes)' },
      ja: { type: 'レコードタイプ', host: 'レコード名', value: '値', ttl: 'TTL (秒)' },
    },
  },
  squarespace: {
    name: 'Squarespace',
    servers: /\.(squarespacedns|googledomains)\.com$/,
    labels: { ...ENGLISH, host: 'Host', value: 'Data' },
  },
} satisfies Record<string, Registrar>

export type RegistrarId = keyof typeof registrars
export const registrarIds = Object.keys(registrars) as RegistrarId[]
const all: Record<RegistrarId, Registrar> = registrars

export const isRegistrar = (id: string): id is RegistrarId => Object.hasOwn(registrars, id)
export const registrarName = (id: RegistrarId) => all[id].name

/** Who keeps a zone, by the names of its servers. */
export const guessRegistrar = (nameServers: readonly string[]): RegistrarId | undefined =>
  registrarIds.find(id => nameServers.some(server => all[id].servers.test(server)))

/** The fields of the registrar's form, with what to put into each. `zone`: the one that the name is in. */
export function fieldsOf(
  id: RegistrarId,
  { name, zone, value, ttl }: { name: string; zone: string; value: string; ttl: number },
  language: Language,
): { label: string; value: string }[] {
  const { labels, apex = '@', quotes } = all[id]
  const words = labels[language] ?? labels
  const host = name === zone || !name.endsWith(`.${zone}`) ? apex : name.slice(0, -zone.length - 1)
  return [
    { label: words.type, value: 'TXT' },
    { label: words.host, value: host },
    { label: words.value, value: quotes ? `"${value}"` : value },
    { label: words.ttl, value: String(ttl) },
  ]
}
