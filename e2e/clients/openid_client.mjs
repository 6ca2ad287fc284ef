// Connects with openid-client, which refuses what the RFCs forbid: discovery (RFC 8414), code with PKCE, state and iss (RFC 9207), refresh, revocation.
// Prints the authorization address for the test to open; arguments: server URL, resource, client id, client secret.
import { createServer } from "node:http";
import * as client from "openid-client";

const [server, resource, clientId, clientSecret] = process.argv.slice(2);

const callback = createServer();
const answered = new Promise((resolve) => {
  callback.on("request", (req, res) => {
    res.end("You can close this page.");
    resolve(new URL(req.url, `http://127.0.0.1:${callback.address().port}`));
  });
});
await new Promise((done) => callback.listen(0, "127.0.0.1", done));
const redirect_uri = `http://127.0.0.1:${callback.address().port}/callback`;

const config = await client.discovery(new URL(server), clientId, clientSecret, client.ClientSecretPost(clientSecret), {
  algorithm: "oauth2",
  execute: [client.allowInsecureRequests],
});
if (!config.serverMetadata().supportsPKCE()) throw new Error("the metadata offer no PKCE with S256");
const verifier = client.randomPKCECodeVerifier();
const state = client.randomState();
const address = client.buildAuthorizationUrl(config, {
  redirect_uri, resource, state, scope: "inclusive", code_challenge: await client.calculatePKCECodeChallenge(verifier), code_challenge_method: "S256",
});
console.log(`OPEN ${address}`);
const back = await answered;
callback.close();
const first = await client.authorizationCodeGrant(config, back, { pkceCodeVerifier: verifier, expectedState: state }, { resource });
console.log(`TOKEN ${first.token_type} ${first.expires_in > 0}`);
const second = await client.refreshTokenGrant(config, first.refresh_token, { resource });
if (second.access_token === first.access_token) throw new Error("the refresh gave no new token");
console.log("REFRESHED");
await client.tokenRevocation(config, second.refresh_token);
await client.refreshTokenGrant(config, second.refresh_token, { resource }).then(
  () => { throw new Error("a revoked token was refreshed"); },
  (err) => console.log(`REVOKED ${err.error}`),
);
