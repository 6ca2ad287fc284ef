// An authorization server to compare with: oidc-provider with default options, in memory or, where a file is named, in that SQLite database, but for
// what makes its work the same as ours: PKCE, opaque tokens, a refresh token for every code, rotated at every use, no ID token. It prints one line of JSON with its
// address and client; for each line with a number on its input it prints one line with as many fresh authorization codes.
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { createInterface } from 'node:readline';
import Provider from 'oidc-provider';
import { durable } from './durable.mjs';

const client = { id: 'bench', secret: 'a-secret-of-the-benchmark-0123456789', redirect: 'https://client.example/callback' };
const verifier = 'verifier-'.repeat(6);
const challenge = createHash('sha256').update(verifier).digest('base64url');
const scope = 'offline_access';

console.info = console.warn = () => {}; // hints of the development mode; standard output is the protocol

const server = createServer();
server.listen(0, '127.0.0.1');
await once(server, 'listening');
const url = `http://127.0.0.1:${server.address().port}`;

const file = process.argv[2];
const provider = new Provider(url, {
  ...(file && { adapter: durable(file) }),
  clients: [{
    client_id: client.id, client_secret: client.secret, redirect_uris: [client.redirect], response_types: ['code'],
    grant_types: ['authorization_code', 'refresh_token'], token_endpoint_auth_method: 'client_secret_post',
  }],
  scopes: [scope],
  ttl: { AccessToken: 8 * 3600, AuthorizationCode: 600, Grant: 86400, RefreshToken: 86400 },
  issueRefreshToken: async () => true,
  rotateRefreshToken: true,
  findAccount: async (_ctx, id) => ({ accountId: id, claims: async () => ({ sub: id }) }),
});
server.on('request', provider.callback());

async function code(n) {
  const grant = new provider.Grant({ accountId: `person-${n % 100}`, clientId: client.id });
  grant.addOIDCScope(scope);
  const one = new provider.AuthorizationCode({
    accountId: grant.accountId, client: await provider.Client.find(client.id), grantId: await grant.save(), gty: 'authorization_code',
    codeChallenge: challenge, codeChallengeMethod: 'S256', redirectUri: client.redirect, scope,
  });
  return one.save();
}

console.log(JSON.stringify({ token: `${url}/token`, client: client.id, secret: client.secret, redirect: client.redirect, verifier }));
for await (const line of createInterface({ input: process.stdin })) {
  const codes = [];
  for (let n = 0; n < Number(line); n++) codes.push(await code(n));
  console.log(JSON.stringify(codes));
}
process.exit(0);
