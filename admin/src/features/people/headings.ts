/** The headings of other systems' files for our properties, folded: Microsoft's and Google's templates, and those of personnel systems. */
const SYNONYMS: Record<string, string> = {
  userPrincipalName:
    'user name|username|upn|email address [required]|login|login name|sign-in name|account|identifiant|nom d’utilisateur|ユーザー名|ユーザー プリンシパル名|アカウント',
  displayName: 'name|full name|display name|employee name|nom complet|nom affiché|表示名|氏名|名前',
  givenName: 'first name|first name [required]|forename|given name|prénom|名',
  surname: 'last name|last name [required]|family name|surname|nom|nom de famille|姓',
  mail: 'email|e-mail|email address|mail|work email|adresse e-mail|courriel|メール|メールアドレス',
  department: 'department|org unit path [required]|dept|team|service|département|部署|部門|所属',
  jobTitle: 'job title|title|employee title|position|role|poste|fonction|役職|職種',
  officeLocation: 'office|office location|location|site|building|work location|bureau|lieu de travail|勤務地|オフィス',
  employeeId: 'employee id|employee number|personnel number|staff id|matricule|numéro d’employé|社員番号|従業員番号',
  companyName: 'company|company name|société|entreprise|会社|会社名',
  mobilePhone:
    'mobile|mobile phone|mobile number|cell|cell phone|phone number|phonenumber|recovery phone|téléphone portable|portable|携帯電話|携帯',
  businessPhones: 'office phone|work phone|business phone|phone|telephone|téléphone|電話番号',
  officePhone: 'office phone|work phone|business phone|businessphones|téléphone professionnel|会社電話',
  email:
    'emailaddress|email address|othermails|recovery email|recovery email address|private email|personal email|e-mail personnel|個人メール',
  otherMails: 'alternate email address|alternative email|recovery email|autre adresse e-mail|連絡用メール',
  password: 'password|initial password|password [required]|mot de passe|パスワード',
  usageLocation: 'usage location|country code|利用場所',
  preferredLanguage: 'language|preferred language|langue|言語',
  city: 'city|town|ville|市区町村',
  country: 'country|country or region|pays|国',
  state: 'state|state or province|province|région|都道府県',
  streetAddress: 'street|street address|address|adresse|住所',
  postalCode: 'zip|zip code|zip or postal code|postal code|code postal|郵便番号',
  accountEnabled: 'enabled|active|account enabled|actif|有効',
  memberId: 'member|member id|user id|membre',
  groupId: 'group|group id|groupe',
  id: 'object id|user id|objectid',
}

const fold = (text: string) =>
  text
    .normalize('NFKC')
    .trim()
    .toLowerCase()
    .replaceAll("'", '’')
    .replaceAll(/[\s_]+/g, ' ')

/** What the server reads by itself in `First name [givenName]` and in names of directories. */
const nameIn = (heading: string) => /\[([\w/]+)\](?:\s+required)?$/i.exec(heading.trim())?.[1] ?? heading.trim()
const AS_THEY_ARE = [
  'objectId',
  'physicalDeliveryOfficeName',
  'telephoneNumber',
  'mobile',
  'passwordProfile',
  'passwordProfile/password',
  'passwordProfile/forceChangePasswordNextSignIn',
]

/** The property that each heading of a file probably means, of those that can be read: null where none does. Each is meant once. */
export function guessHeadings(headings: readonly string[], properties: readonly string[]): (string | null)[] {
  const taken = new Set<string>()
  const take = (property: string | undefined) => {
    if (property === undefined || taken.has(property)) return null
    taken.add(property)
    return property
  }
  // Headings that are exact go first: a synonym must not take their place.
  const exact = headings.map(heading => {
    const name = nameIn(heading)
    if (AS_THEY_ARE.includes(name)) return name
    return take(properties.find(property => property.toLowerCase() === name.toLowerCase()))
  })
  return headings.map((heading, at) => {
    if (exact[at]) return exact[at]
    const folded = fold(heading)
    const meant = properties.filter(property => SYNONYMS[property]?.split('|').includes(folded))
    return take(meant.find(property => !taken.has(property)))
  })
}

/** Whether the server reads these headings as they are. */
export const areOurs = (headings: readonly string[], properties: readonly string[]) =>
  headings.every(heading => [...AS_THEY_ARE, ...properties].includes(nameIn(heading)))

/** The text of a file; undefined where it is not UTF-8: what is read in spite of that has lost letters. */
export function readText(content: ArrayBuffer): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(content)
  } catch {
    return undefined
  }
}

/** What stands between the cells of a CSV text: a comma, which alone the server reads, or the semicolon of spreadsheets in Europe. */
export function separatorOf(text: string): ',' | ';' {
  const first = text.slice(0, text.search(/[\r\n]|$/))
  return first.includes(';') && !first.includes(',') ? ';' : ','
}

/** The rows of a CSV text (RFC 4180) with its own separator. Rows without any cell are left out. */
export function readCsv(text: string): string[][] {
  const plain = text.replace(/^\ufeff/, '')
  const separator = separatorOf(plain)
  const rows: string[][] = []
  let [row, cell, isQuoted]: [string[], string, boolean] = [[], '', false]
  const endRow = () => {
    row.push(cell)
    if (row.some(one => one !== '')) rows.push(row)
    ;[row, cell] = [[], '']
  }
  for (let at = 0; at < plain.length; at++) {
    const sign = plain[at]!
    if (isQuoted) {
      if (sign !== '"') cell += sign
      else if (plain[at + 1] === '"') cell += plain[++at]
      else isQuoted = false
    } else if (sign === '"' && cell === '') isQuoted = true
    else if (sign === separator) {
      row.push(cell)
      cell = ''
    } else if (sign === '\n') endRow()
    else if (sign !== '\r') cell += sign
  }
  endRow()
  return rows
}

/** A file with the headings that were chosen; columns of null are left out. */
export const mapColumns = (rows: readonly (readonly string[])[], chosen: readonly (string | null)[]): string[][] =>
  rows.map((row, at) =>
    chosen.flatMap((property, column) => {
      if (!property) return []
      const cell = row[column] ?? ''
      // "Block sign in [accountEnabled]" says by its own words that its yes is a no.
      return [at === 0 && !(areOurs([cell], [property]) && nameIn(cell) === property) ? property : cell]
    }),
  )
