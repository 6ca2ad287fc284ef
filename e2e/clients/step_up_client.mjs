// Steps up with the official TypeScript SDK: connects for viewing companies only, calls a write, is told what it lacks (403
// insufficient_scope), lets the SDK ask for it, and calls again. Prints each authorization address for the test to open.
// Arguments: server URL, client id, client secret, id of a company.
import { createServer } from "node:http";
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StreamableHTTPClientTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import { UnauthorizedError, auth } from "@modelcontextprotocol/sdk/client/auth.js";

const [serverURL, clientId, clientSecret, company] = process.argv.slice(2);

const answers = [];
let wake = () => {};
const callback = createServer((req, res) => {
  res.end("You can close this page.");
  answers.push(new URL(req.url, "http://127.0.0.1").searchParams);
  wake();
});
await new Promise((done) => callback.listen(0, "127.0.0.1", done));
const redirectUrl = `http://127.0.0.1:${callback.address().port}/callback`;
const answer = async () => {
  while (answers.length === 0) await new Promise((done) => { wake = done; });
  return answers.shift().get("code");
};

let tokens;
let verifier;
const provider = {
  redirectUrl,
  clientMetadata: { redirect_uris: [redirectUrl], client_name: "Step-up client", token_endpoint_auth_method: "client_secret_post" },
  clientInformation: () => ({ client_id: clientId, client_secret: clientSecret }),
  // Without its refresh token: the SDK would rather refresh than ask for more, and a refresh never gives more.
  tokens: () => tokens && { ...tokens, refresh_token: undefined },
  saveTokens: (t) => { tokens = t; },
  redirectToAuthorization: (url) => console.log(`OPEN ${url}`),
  saveCodeVerifier: (v) => { verifier = v; },
  codeVerifier: () => verifier,
};
const transport = () => new StreamableHTTPClientTransport(new URL(serverURL), { authProvider: provider });
const connect = async () => {
  const client = new Client({ name: "mandorla-e2e", version: "1" });
  await client.connect(transport());
  return client;
};
const change = { name: "update_record", arguments: { model: "Company", id: company, values: { phase: "Stepped up" } } };

await auth(provider, { serverUrl: serverURL, scope: "companies:view" });
await auth(provider, { serverUrl: serverURL, authorizationCode: await answer() });
let client = await connect();
console.log(`NARROW ${(await client.listTools()).tools.map((t) => t.name).join(" ")}`);
try {
  await client.callTool(change);
  throw new Error("a call beyond the scope went through");
} catch (err) {
  if (!(err instanceof UnauthorizedError)) throw err;
}
await auth(provider, { serverUrl: serverURL, authorizationCode: await answer() });
client = await connect();
const done = await client.callTool(change);
if (done.isError) throw new Error(JSON.stringify(done));
console.log(`STEPPED UP ${JSON.stringify(done.structuredContent)}`);
await client.close();
callback.close();
