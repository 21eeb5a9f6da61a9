/**
 * Names of two labels below which others' domains stand, by country. Whoever adds one forgot a label, or copied a
 * wrong name. A kindness alone: nobody could write the record that proves one. So the list need not be complete.
 */
const SUFFIXES: Record<string, string> = {
  ae: 'ac co gov mil net org sch',
  ar: 'com edu gob gov int mil net org tur',
  at: 'ac co gv or',
  au: 'asn com edu gov id net org',
  bd: 'ac com edu gov mil net org',
  br: 'com edu gov ind mil net org',
  cn: 'ac com edu gov mil net org',
  co: 'com edu gov mil net nom org',
  eg: 'com edu gov net org sci',
  es: 'com edu gob nom org',
  fr: 'asso com gouv nom prd tm',
  gr: 'com edu gov net org',
  hk: 'com edu gov idv net org',
  hu: 'co org',
  id: 'ac biz co desa go mil my net or ponpes sch web',
  il: 'ac co gov idf k12 muni net org',
  in: 'ac co edu firm gen gov ind mil net nic org res',
  jp: 'ac ad co ed go gr lg ne or',
  ke: 'ac co go info me mobi ne or sc',
  kr: 'ac co es go hs kg mil ms ne or pe re sc',
  lk: 'ac com edu gov net org',
  ma: 'ac co gov net org press',
  mx: 'com edu gob net org',
  my: 'com edu gov mil name net org',
  ng: 'com edu gov mil net org sch',
  nz: 'ac co cri geek gen govt health iwi kiwi maori mil net org parliament school',
  pe: 'com edu gob mil net nom org',
  ph: 'com edu gov mil net ngo org',
  pk: 'com edu gov net org web',
  pl: 'com edu gov info net org waw',
  pt: 'com edu gov int net nome org publ',
  sa: 'com edu gov med net org pub sch',
  sg: 'com edu gov net org per',
  th: 'ac co go in mi net or',
  tr: 'av bbs bel com dr edu gen gov info k12 mil name net org pol tel web',
  tw: 'club com ebiz edu game gov idv mil net org',
  ua: 'com edu gov in net org',
  uk: 'ac co gov ltd me mod net nhs org plc police sch',
  ve: 'co com edu gob gov info mil net org web',
  vn: 'ac biz com edu gov health info int name net org pro',
  za: 'ac co edu gov law mil net nom org school web',
}

export function isPublicSuffix(name: string): boolean {
  const [first = '', country = '', ...more] = name.split('.')
  return more.length === 0 && (SUFFIXES[country]?.split(' ').includes(first) ?? false)
}
