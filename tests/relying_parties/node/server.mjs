// A component on openid-client: the pages around vuce.mjs, which `idp clients add` printed.
// PORT: where it listens. VUCE: the module. JWKS: its public keys, for private_key_jwt.
import { randomUUID } from 'node:crypto'
import { createServer } from 'node:http'
import { pathToFileURL } from 'node:url'

const { begin, finish, renew, logoutUrl } = await import(pathToFileURL(process.env.VUCE))
const origin = `http://localhost:${process.env.PORT}`
const issuer = process.env.VUCE_ISSUER
const sessions = new Map()

function sessionOf(request, response) {
  const sent = /(?:^|; )componente_node=([\w-]+)/.exec(request.headers.cookie ?? '')?.[1]
  if (sessions.has(sent)) return sessions.get(sent)
  const id = randomUUID()
  sessions.set(id, {})
  response.setHeader('Set-Cookie', `componente_node=${id}; Path=/; HttpOnly; SameSite=Lax`)
  return sessions.get(id)
}

function show(response, status, body) {
  response.writeHead(status, { 'Content-Type': 'application/json; charset=utf-8' })
  response.end(JSON.stringify(body))
}

function lead(response, url) {
  response.writeHead(303, { Location: String(url) })
  response.end()
}

const pages = {
  '/jwks.json': (url, session, response) => show(response, 200, JSON.parse(process.env.JWKS)),
  '/salida': (url, session, response) => show(response, 200, { estado: 'sin sesión' }),
  '/': (url, session, response) =>
    session.claims ? show(response, 200, session.claims) : lead(response, '/ingresar'),
  // OpenID Connect Core, section 4: the initiate_login_uri.
  '/ingresar': async (url, session, response) => {
    const iss = url.searchParams.get('iss')
    if (iss !== null && iss !== issuer) return show(response, 400, { error: 'otro emisor' })
    const started = await begin()
    session.pending = started.pending
    lead(response, started.url)
  },
  '/retorno': async (url, session, response) => {
    const { pending } = session
    delete session.pending
    const found = await finish(url, pending)
    Object.assign(session, found)
    lead(response, '/')
  },
  '/renovar': async (url, session, response) => {
    const before = session.refreshToken
    const found = await renew(before)
    session.refreshToken = found.refreshToken
    show(response, 200, { rotated: before !== found.refreshToken })
  },
  '/salir': (url, session, response) => {
    const { idToken } = session
    delete session.claims
    lead(response, logoutUrl(idToken))
  },
}

createServer(async (request, response) => {
  const url = new URL(request.url, origin)
  try {
    const page = pages[url.pathname]
    if (!page) return show(response, 404, { error: 'no existe' })
    await page(url, sessionOf(request, response), response)
  } catch (error) {
    show(response, 400, { error: error.error ?? error.code ?? String(error) })
  }
}).listen(Number(process.env.PORT), '127.0.0.1')
