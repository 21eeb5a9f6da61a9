type Language = 'en' | 'fr' | 'ja'

/** How a language spells what somebody reads over the telephone. */
interface Alphabet {
  /** A word for each of the 26 letters. */
  letters: readonly string[]
  /** A word for each digit, from zero. */
  digits: readonly string[]
  dash: string
  capital: (word: string) => string
  small: (word: string) => string
}

const words = (text: string) => text.split(' ')

// These are the conventions of the telephone in each language: no translations of one another.
const alphabets: Record<Language, Alphabet> = {
  // ICAO, Annex 10.
  en: {
    letters: words(
      'Alfa Bravo Charlie Delta Echo Foxtrot Golf Hotel India Juliett Kilo Lima Mike November Oscar Papa Quebec Romeo Sierra Tango Uniform Victor Whiskey X-ray Yankee Zulu',
    ),
    digits: words('zero one two three four five six seven eight nine'),
    dash: 'dash',
    capital: word => `capital ${word}`,
    small: word => `small ${word}`,
  },
  fr: {
    letters: words(
      'Anatole Berthe Célestin Désiré Eugène François Gaston Henri Irma Joseph Kléber Louis Marcel Nicolas Oscar Pierre Quintal Raoul Suzanne Thérèse Ursule Victor William Xavier Yvonne Zoé',
    ),
    digits: words('zéro un deux trois quatre cinq six sept huit neuf'),
    dash: 'tiret',
    capital: word => `${word} majuscule`,
    small: word => `${word} minuscule`,
  },
  // Letters of the Latin alphabet by places and things that everybody knows, as a 通話表 names kana.
  ja: {
    letters: words(
      'アメリカのA ブラジルのB チャイナのC デンマークのD イングランドのE フランスのF ゴルフのG ホテルのH イタリアのI ジャパンのJ カナダのK ロンドンのL メキシコのM 日本のN 大阪のO パリのP クイーンのQ ローマのR スペインのS 東京のT ユニオンのU ビクトリーのV ワシントンのW エックス線のX 横浜のY ゼブラのZ',
    ),
    digits: words(
      '数字のゼロ 数字のイチ 数字のニ 数字のサン 数字のヨン 数字のゴ 数字のロク 数字のナナ 数字のハチ 数字のキュウ',
    ),
    dash: 'ハイフン',
    capital: word => `大文字の${word}`,
    small: word => `小文字の${word}`,
  },
}

/**
 * A secret as it is read aloud, in the groups between its dashes. Whether a letter is capital is said where the secret
 * has both. A sign that nobody names is given as it is.
 */
export function spell(secret: string, language: Language): string[] {
  const { letters, digits, dash, capital, small } = alphabets[language]
  const hasBoth = /[a-z]/.test(secret) && /[A-Z]/.test(secret)
  const sayOf = (sign: string) => {
    if (/\d/.test(sign)) return digits[Number(sign)]!
    if (sign === '-') return dash
    if (!/[A-Za-z]/.test(sign)) return sign
    const word = letters[sign.toUpperCase().charCodeAt(0) - 65]!
    if (!hasBoth) return word
    return sign === sign.toUpperCase() ? capital(word) : small(word)
  }
  return secret.split(/(?<=-)/).map(group => Array.from(group, sayOf).join(language === 'ja' ? '、' : ', '))
}

/** The language that a person is spoken to in: their own where it can be spelled, else the reader's. */
export function spokenTo(preferred: string | null | undefined, reader: Language): Language {
  const own = preferred?.slice(0, 2).toLowerCase()
  return own !== undefined && Object.hasOwn(alphabets, own) ? (own as Language) : reader
}
