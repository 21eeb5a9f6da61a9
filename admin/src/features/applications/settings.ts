/** What an application needs to know of this tenant. */
export interface Connection {
  issuer: string
  clientId: string
  redirectUri: string
  /** Whether it can keep a secret. */
  hasSecret: boolean
}

export const frameworks = ['oidc', 'spring', 'aspnet', 'node', 'django', 'nginx'] as const
export type Framework = (typeof frameworks)[number]

const SECRET = 'LATCHKEY_SECRET'

/** The lines that a framework's documentation asks for, with this tenant's values. A secret is read from the environment. */
export const settingsFor = (framework: Framework, connection: Connection): string =>
  `${lines[framework](connection).join('\n')}\n`

const pathOf = (uri: string) => (URL.canParse(uri) ? new URL(uri).pathname : '/signin-oidc')

const lines: Record<Framework, (connection: Connection) => string[]> = {
  oidc: ({ issuer, clientId, redirectUri, hasSecret }) => [
    `issuer: ${issuer}`,
    `discovery: ${issuer}/.well-known/openid-configuration`,
    `client_id: ${clientId}`,
    ...(hasSecret ? ['client_authentication: client_secret_basic'] : ['client_authentication: none']),
    `redirect_uri: ${redirectUri}`,
    'response_type: code',
    'code_challenge_method: S256',
    'scope: openid profile email',
  ],
  spring: ({ issuer, clientId, redirectUri, hasSecret }) => [
    'spring:',
    '  security:',
    '    oauth2:',
    '      client:',
    '        registration:',
    '          latchkey:',
    `            client-id: ${clientId}`,
    ...(hasSecret ? [`            client-secret: \${${SECRET}}`] : ['            client-authentication-method: none']),
    '            authorization-grant-type: authorization_code',
    `            redirect-uri: "${redirectUri}"`,
    '            scope: openid,profile,email',
    '        provider:',
    '          latchkey:',
    `            issuer-uri: ${issuer}`,
  ],
  aspnet: ({ issuer, clientId, redirectUri, hasSecret }) => [
    'builder.Services',
    '  .AddAuthentication(options =>',
    '  {',
    '    options.DefaultScheme = "Cookies";',
    '    options.DefaultChallengeScheme = "OpenIdConnect";',
    '  })',
    '  .AddCookie("Cookies")',
    '  .AddOpenIdConnect("OpenIdConnect", options =>',
    '  {',
    `    options.Authority = "${issuer}";`,
    `    options.ClientId = "${clientId}";`,
    ...(hasSecret ? [`    options.ClientSecret = builder.Configuration["${SECRET}"];`] : []),
    '    options.ResponseType = "code";',
    `    options.CallbackPath = "${pathOf(redirectUri)}";`,
    '    options.Scope.Add("email");',
    '  });',
  ],
  node: ({ issuer, clientId, redirectUri, hasSecret }) => [
    "import * as oidc from 'openid-client'",
    '',
    'const configuration = await oidc.discovery(',
    `  new URL('${issuer}'),`,
    `  '${clientId}',`,
    ...(hasSecret ? [`  process.env.${SECRET},`] : ['  undefined,', '  oidc.None(),']),
    ')',
    'const verifier = oidc.randomPKCECodeVerifier()',
    'const address = oidc.buildAuthorizationUrl(configuration, {',
    `  redirect_uri: '${redirectUri}',`,
    "  scope: 'openid profile email',",
    '  code_challenge: await oidc.calculatePKCECodeChallenge(verifier),',
    "  code_challenge_method: 'S256',",
    '})',
  ],
  django: ({ issuer, clientId, hasSecret }) => [
    '# pip install social-auth-app-django',
    'AUTHENTICATION_BACKENDS = ["social_core.backends.open_id_connect.OpenIdConnectAuth"]',
    `SOCIAL_AUTH_OIDC_OIDC_ENDPOINT = "${issuer}"`,
    `SOCIAL_AUTH_OIDC_KEY = "${clientId}"`,
    ...(hasSecret ? [`SOCIAL_AUTH_OIDC_SECRET = os.environ["${SECRET}"]`] : []),
    'SOCIAL_AUTH_OIDC_SCOPE = ["openid", "profile", "email"]',
  ],
  nginx: ({ issuer, clientId, redirectUri, hasSecret }) => [
    '# oauth2-proxy.cfg; nginx asks it by auth_request /oauth2/auth',
    'provider = "oidc"',
    `oidc_issuer_url = "${issuer}"`,
    `client_id = "${clientId}"`,
    ...(hasSecret ? ['client_secret_file = "/run/secrets/latchkey"'] : []),
    `redirect_url = "${redirectUri}"`,
    'code_challenge_method = "S256"',
    'scope = "openid profile email"',
    'email_domains = ["*"]',
  ],
}
